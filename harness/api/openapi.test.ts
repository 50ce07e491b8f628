import { expect, test } from 'vitest'
import { readOpenApi } from './openapi.ts'
import { type Scripted, withApi } from './recording-target.testing.ts'

const rest = (openapi: string) => `
openapi: ${openapi}
principals: {anonymous: {none: true}}
operations: {}
mail: {from: a@b.test}
`
const document = `
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: /v1}]
security: [{key: []}]
paths:
  /messages/{id}:
    parameters: [{$ref: '#/components/parameters/id'}]
    get: {operationId: getMessage, responses: {}}
    post: {tags: [mail], security: [], requestBody: {content: {application/json: {}}}, responses: {}}
components:
  parameters: {id: {name: id, in: path, required: true, schema: {type: string}}}
`
const read = async (answer: Scripted) => {
  let operations: unknown
  await withApi(
    { profile: rest(`'\${env:TARGET_URL}/spec.yaml?x=1'`), answer: () => answer },
    async ({ api, requests }) => {
      operations = (await readOpenApi(api)).operations
      expect(requests.map((r) => r.path)).toEqual(['/spec.yaml?x=1'])
    },
  )
  return operations
}

test('operations of a document behind a URL, with references, servers and security resolved', async () => {
  const shared = {
    path: '/v1/messages/{id}',
    template: '/messages/{id}',
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
    answers: null,
    summary: null,
    deprecated: false,
    elsewhere: false,
    scopes: [],
  }
  expect(await read({ body: document })).toEqual([
    {
      ...shared,
      method: 'GET',
      operationId: 'getMessage',
      secured: true,
      schemes: ['key'],
      body: null,
      tags: [],
      labels: ['get', 'Message'],
    },
    {
      ...shared,
      method: 'POST',
      operationId: null,
      secured: false,
      schemes: [],
      body: { 'application/json': {} },
      tags: ['mail'],
      labels: ['mail'],
    },
  ])
})

test.each<[string, Scripted, string]>([
  ['missing', { status: 404 }, 'was answered 404'],
  ['something else', { body: '<html>' }, 'is no OpenAPI document with paths'],
  [
    'indented by a tab',
    { body: 'openapi: 3.1.0\npaths:\n\t/send: {}\n' },
    'is neither JSON nor YAML: line 3, column 1: Tabs are not allowed as indentation',
  ],
  [
    'one with a path twice',
    { body: 'openapi: 3.1.0\npaths:\n  /send: {}\n  /send: {}\n' },
    'is neither JSON nor YAML: line 4, column 3: Map keys must be unique',
  ],
  [
    'broken JSON',
    { body: '{"openapi": "3.1.0",\n"paths": {]}' },
    'is neither JSON nor YAML: line 2, column 11',
  ],
  ['too large', { body: ' '.repeat(1024 * 1024 + 1) }, 'is too large'],
])('a document that is %s proves nothing', async (_, answer, reason) => {
  await expect(read(answer)).rejects.toMatchObject({
    name: 'Unproven',
    message: expect.stringContaining(reason),
  })
})
