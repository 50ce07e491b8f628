import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { withMembers, withParameters } from './added-members.ts'

const request = (type: string, body: HttpRequest['body'], path = '/a'): HttpRequest => ({
  method: 'POST',
  origin: 'https://a.test',
  path,
  headers: [['Content-Type', type]],
  body,
})

test('a JSON body gets members of its own, in the object that it wraps as well', () => {
  const json = (body: string) => withMembers(request('application/json', body), { role: 'admin', ok: true })
  expect(json('{"name":"A","role":"x"}')?.body).toBe('{"name":"A","role":"admin","ok":true}')
  expect(json('{"user":{"name":"A"}}')?.body).toBe(
    '{"user":{"name":"A","role":"admin","ok":true},"role":"admin","ok":true}',
  )
  expect(json('[1]')).toBeNull()
  expect(json('name=A')).toBeNull()
})

test('a form gets fields', () => {
  const type = 'application/x-www-form-urlencoded; charset=utf-8'
  const members = { b: ['x'], c: null, a: 2 }
  expect(withMembers(request(type, 'a=1'), members)?.body).toBe('a=2&b=%5B%22x%22%5D&c=null')
})

test('what is neither, such as a form of several parts, gets nothing', () => {
  expect(withMembers(request('multipart/form-data; boundary=b', new Uint8Array()), { a: 1 })).toBeNull()
  expect(withMembers(request('application/json', null), { a: 1 })).toBeNull()
})

test('parameters stand at the end of the query, whether or not there is one', () => {
  const parameters = [['filter[tenant]', 'a&b'] as const, ['all', 'true'] as const]
  const query = 'filter%5Btenant%5D=a%26b&all=true'
  expect(withParameters(request('', null), parameters).path).toBe(`/a?${query}`)
  expect(withParameters(request('', null, '/a?limit=1'), parameters).path).toBe(`/a?limit=1&${query}`)
})
