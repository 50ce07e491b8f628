import { expect, test } from 'vitest'
import { changed, privateTokens, sameShape } from './disclosure.ts'

const mark = '0123456789abcdef0123456789abcdef'

test('what the caller sent himself, names of members and words that everybody uses are not private', () => {
  const body =
    '{"id":"msg_9f8c2d1a77","opened_last_7days_9f8c2d1a":1,"region":"eu-central-1","plan":"plan_starter_2024"}'
  expect(privateTokens(body, mark, '/v1/messages/msg_9f8c2d1a77')).toEqual([])
  expect(privateTokens(body, mark, '/v1/messages')).toEqual(['msg_9f8c2d1a77'])
  expect(privateTokens(`{"name":"${mark}"}`, mark, '')).toEqual([mark])
})

test('an empty list has no shape of its own', () => {
  expect(sameShape('{"data":[],"next":null}', '{"data":[],"next":null}')).toBe(false)
  expect(sameShape('{"sent":1}', '{"sent":2}')).toBe(true)
})

test('an object has changed where something changed that stood still before', () => {
  const look = (request: number, name: string, at = '2026-01-01T00:00:00Z') =>
    JSON.stringify({ request, at, data: { name } })
  expect(changed(look(1, 'a'), look(2, 'a'), look(3, 'a', '2026-01-01T00:00:01Z'))).toBe(false)
  expect(changed(look(1, 'a'), look(2, 'a'), look(3, 'b'))).toBe(true)
  expect(changed('{"revoked_at":null}', '{"revoked_at":null}', '{"revoked_at":"2026-01-01T00:00:00Z"}')).toBe(
    true,
  )
})
