import { expect, test } from 'vitest'
import { parseOpenApi } from '../api/openapi.ts'
import { guessProfile } from './first-profile.ts'
import { type Keys, withKeys } from './with-keys.ts'

const text = { type: 'string' }
const api = parseOpenApi(
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' } } },
    security: [{ key: [] }],
    paths: {
      '/session': {
        post: {
          requestBody: {
            content: { 'application/json': { schema: { properties: { email: text, password: text } } } },
          },
        },
      },
      '/emails': {
        post: {
          requestBody: {
            content: { 'application/json': { schema: { properties: { to: text, subject: text } } } },
          },
        },
      },
    },
  }),
  'x',
)
const principals = (keys: Keys) => {
  const { principals, operations } = withKeys(guessProfile(api), api, keys)
  return {
    callers: Object.fromEntries(Object.entries(principals).map(([name, { value }]) => [name, value])),
    sendsAs: operations['message.send']?.value.as,
  }
}

test('whoever has a key or two and nothing else calls everything by them', () => {
  expect(principals({ key: 'API_KEY' })).toEqual({
    callers: {
      admin: { tenant: 'own', headers: { 'X-Api-Key': `\${env:API_KEY}` } },
      anonymous: { none: true },
    },
    sendsAs: undefined,
  })
  const { callers } = principals({ key: 'API_KEY', neighbourKey: 'OTHER' })
  expect(callers['neighbour']).toMatchObject({ tenant: 'other', headers: { 'X-Api-Key': `\${env:OTHER}` } })
  expect(principals({}).sendsAs).toBe('sender')
})

test('a key in the place of its variable is refused, and not shown', () => {
  expect(() => principals({ key: 'sk-live-12345' })).toThrow(
    /^--key: expected the name of a variable .* not shown/,
  )
  expect(() => principals({ key: 'sk-live-12345' })).not.toThrow(/12345/)
  expect(() => principals({ neighbourKey: 'OTHER' })).toThrow(/^--neighbour-key: expected --key beside it/)
})
