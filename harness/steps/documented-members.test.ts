import { expect, test } from 'vitest'
import { withApi } from '../api/recording-target.testing.ts'
import { documentedMembers } from './documented-members.ts'

const text = { type: 'string' }
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const document = {
  openapi: '3.1.0',
  info: { title: 'a', version: '1' },
  servers: [{ url: '/v1' }],
  paths: {
    '/users/{user_id}': {
      patch: {
        requestBody: json({
          allOf: [
            { type: 'object', properties: { name: text, id: { ...text, readOnly: true } } },
            { type: 'object', properties: { role: text } },
          ],
        }),
        responses: {
          200: json({
            type: 'object',
            properties: {
              user: {
                type: 'object',
                properties: { state: { enum: ['new', 'old'] }, self: { $ref: '#/components/schemas/self' } },
              },
            },
          }),
        },
      },
      put: { responses: { 200: { description: '' } } },
    },
  },
  components: { schemas: { self: { properties: { self: { $ref: '#/components/schemas/self' } } } } },
}

const profile = (openapi: string) => `
${openapi}
principals: {admin: {bearer: "\${env:KEY}"}}
operations:
  user.update: {method: PATCH, path: '/v1/users/{id}', body: $}
  user.enable: {method: PUT, path: '/v1/users/{id}', body: $, effect: change}
  user.delete: {method: DELETE, path: '/v1/users/{id}'}
mail: {from: a@shop.test}
`

const asked = (openapi: string, answer: object | null, use: Parameters<typeof withApi>[1]) =>
  withApi(
    {
      profile: profile(openapi),
      env: { KEY: 'abcdefgh' },
      answer: () => (answer === null ? { status: 404 } : { body: answer }),
    },
    use,
  )

const here = `openapi: '\${env:TARGET_URL}/openapi.json'`

test('what a body may have, and what texts an answer has, is read from the document of the target', async () => {
  await asked(here, document, async ({ api }) => {
    const { operations } = api.profile
    const of = (name: string) => {
      const operation = operations[name]
      if (operation === undefined) throw new Error(`expected ${name}`)
      return documentedMembers(api, operation)
    }
    expect(await of('user.update')).toMatchObject({ writable: new Set(['name', 'role']) })
    expect((await of('user.update')).choices.get('state')).toEqual(['new', 'old'])
    expect(await of('user.enable')).toEqual({ writable: null, choices: new Map() })
    expect(await of('user.delete')).toEqual({ writable: null, choices: new Map() })
  })
})

test.each(['', here])('without a document that can be had, nothing is said', async (openapi) => {
  await asked(openapi, null, async ({ api }) => {
    const operation = api.profile.operations['user.update']
    if (operation === undefined) throw new Error('expected user.update')
    expect(await documentedMembers(api, operation)).toEqual({ writable: null, choices: new Map() })
  })
})
