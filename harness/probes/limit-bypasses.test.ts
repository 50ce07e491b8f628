import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { limitBypasses } from './limit-bypasses.ts'

const request: HttpRequest = {
  ...{ method: 'POST', origin: 'https://api.test', path: '/v1/messages', body: '{}' },
  headers: [['authorization', 'Bearer x']],
}
const changed = (name: string, n: number) =>
  limitBypasses.find((way) => way.name === name)?.change(request, n)

test('every way changes the request by a header or the path, and leaves the caller and the body', () => {
  expect(new Set(limitBypasses.map(({ name }) => name)).size).toBe(limitBypasses.length)
  for (const { change } of limitBypasses) {
    const { headers, path, ...rest } = change(request, 7)
    expect(`${path} ${headers.length}`).not.toBe(`${request.path} 1`)
    expect(headers[0]).toEqual(['authorization', 'Bearer x'])
    expect(rest).toEqual({ method: 'POST', origin: 'https://api.test', body: '{}' })
  }
})

test('what the caller claims is another one each time', () => {
  expect(changed('x-forwarded-for', 7)?.headers[1]).toEqual(['X-Forwarded-For', '192.0.2.7'])
  expect(changed('forwarded-quoted-ipv6', 250)?.headers[1]?.[1]).toBe('for="[2001:db8::fa]"')
  expect(changed('cookie', 8)?.headers[1]).toEqual(['Cookie', 'session=8'])
  expect(changed('query', 8)?.path).toBe('/v1/messages?x=8')
  expect(changed('double slash', 8)?.path).toBe('/v1//messages')
})
