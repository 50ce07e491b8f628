import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseOpenApi, readDocument } from './openapi.ts'
import { leftOf } from './openapi-files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-'))
  await mkdir(path.join(folder, 'spec', 'paths'), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

async function whole(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, 'spec', name), text)
  const { text, left } = await readDocument(path.join(folder, 'spec', 'openapi.yaml'))
  return { left, operations: parseOpenApi(text, 'test').operations }
}

const main = (body: string) => `
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /messages: {$ref: './paths/messages.yaml'}
  /keys:
    post: {requestBody: {content: {application/json: {schema: ${body}}}}, responses: {}}
`
const messages = `
post:
  requestBody: {content: {application/json: {schema: {$ref: '../common.yaml#/schemas/message'}}}}
  responses: {}
`
const common = `
schemas:
  message: {type: object, properties: {to: {$ref: '#/schemas/address'}, key: {$ref: 'openapi.yaml#/info/title'}}}
  address: {type: string, format: email}
`

test('files beside a document, which refer to each other and to it, are one with it', async () => {
  const { left, operations } = await whole({
    'openapi.yaml': main("{$ref: './common.yaml#/schemas/message'}"),
    'paths/messages.yaml': messages,
    'common.yaml': common,
  })
  expect(left).toEqual([])
  const schema = {
    type: 'object',
    properties: expect.objectContaining({ to: { type: 'string', format: 'email' } }),
  }
  expect(operations.map(({ method, path: at, body }) => [method, at, body])).toEqual([
    ['POST', '/messages', { 'application/json': { schema } }],
    ['POST', '/keys', { 'application/json': { schema } }],
  ])
})

test.each([
  ['one that is not there', './none.yaml', 'is not there'],
  ['one of another host', 'https://bank.example/common.yaml', 'is elsewhere'],
  ['one outside its folder', '../secret.yaml', 'is outside the folder'],
  ['a link that leads outside', './link.yaml', 'is outside the folder'],
  ['one that is no YAML', './broken.yaml', 'is neither JSON nor YAML'],
])('%s is named and left', async (_, reference, why) => {
  await writeFile(
    path.join(folder, 'secret.yaml'),
    'schemas: {message: {type: object, properties: {secret: {type: string}}}}',
  )
  await symlink(path.join(folder, 'secret.yaml'), path.join(folder, 'spec', 'link.yaml'))
  const { left, operations } = await whole({
    'openapi.yaml': main(`{$ref: '${reference}#/schemas/message'}`),
    'paths/messages.yaml': messages,
    'common.yaml': common,
    'broken.yaml': 'a:\n\t- b: "',
  })
  expect(left).toEqual([expect.stringContaining(`${reference}: ${why}`)])
  expect(operations.map(({ path: at }) => at)).toEqual(['/messages', '/keys'])
  expect(JSON.stringify(operations)).not.toContain('secret')
})

test('files that take each other in without end, and too many of them, come to an end', async () => {
  const many = Array.from({ length: 130 }, (_, i) => [`f${i}.yaml`, `next: {$ref: './f${i + 1}.yaml'}`])
  const { left, operations } = await whole({
    ...Object.fromEntries(many),
    'openapi.yaml': main("{$ref: './f0.yaml'}"),
    'paths/messages.yaml':
      "post: {requestBody: {content: {application/json: {schema: {$ref: './messages.yaml'}}}}, responses: {}}",
  })
  expect(left).toEqual([expect.stringMatching(/is beyond 100 files$/)])
  expect(operations).toHaveLength(2)
})

test('a document of one file is read as it stands, and one of a URL takes in nothing', async () => {
  await writeFile(path.join(folder, 'spec', 'openapi.yaml'), "paths: {/a: {$ref: '#/x'}} # as it is")
  expect(await readDocument(path.join(folder, 'spec', 'openapi.yaml'))).toMatchObject({
    text: expect.stringContaining('# as it is'),
    left: [],
  })
  expect(leftOf("a: {$ref: 'common.yaml#/b'}\nc: {$ref: '#/d'}")).toEqual([
    expect.stringMatching(/^common\.yaml: is beside/),
  ])
})
