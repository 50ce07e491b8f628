import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { placeIn, stumbles } from './held-secrets.ts'

const secret = 'sk_live+aB3/dE6='

test('a secret is found in a field or the body, as it is, escaped or in base64', () => {
  const places = (headers: [string, string][], body = '') => placeIn({ headers, body }, secret)
  expect(places([['location', `/a?k=${encodeURIComponent(secret)}`]])).toBe('the field location')
  expect(places([], JSON.stringify({ message: `no ${secret}`.replaceAll('/', '\\/') }))).toBe('the body')
  expect(places([], Buffer.from(`x:${secret}`).toString('base64url'))).toBe('the body')
  expect(places([['server', 'sk_live']], 'sk_live')).toBeNull()
})

test('requests stumble with the secret that they show', () => {
  const request: HttpRequest = {
    method: 'GET',
    origin: 'https://a.test',
    path: '/v1/me?a=b',
    headers: [['authorization', `Bearer ${secret}`]],
    body: null,
  }
  const changed = Object.fromEntries(stumbles(secret).map(({ name, change }) => [name, change(request)]))
  expect(changed['a slash behind the path']?.path).toBe('/v1/me/?a=b')
  expect(changed['a path that is not there']?.path).toBe('/v1/me/nowhere?a=b')
  expect(changed['another scheme']?.headers).toEqual([['authorization', `Token ${secret}`]])
  for (const { headers } of Object.values(changed)) expect(JSON.stringify(headers)).toContain(secret)
})
