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

test('counts have the same shape whatever statuses have occurred, and refusals have another', () => {
  const counts = (by: object) => JSON.stringify({ messages: { total: 3, by_status: by } })
  expect(sameShape(counts({}), counts({ delivered: 2 }))).toBe(true)
  expect(
    sameShape('{"labels":["2026-01-01"],"series":[5]}', '{"labels":["2026-01-02"],"series":[5,3]}'),
  ).toBe(true)
  expect(sameShape('{"total":0,"items":[]}', '{"total":57,"items":[{"n":1}]}')).toBe(false)
  expect(sameShape(counts({ queued: 1 }), counts({ delivered: 2 }))).toBe(true)
  expect(sameShape('{"data":{"sent":1,"opened":null}}', '{"data":{"sent":1,"opened":2}}')).toBe(true)
  expect(sameShape('{"data":null,"error":"denied"}', '{"data":{"sent":1},"error":null}')).toBe(false)
  expect(sameShape('{"data":{"error":"denied"}}', '{"data":{"sent":1}}')).toBe(false)
  expect(sameShape('{"error":"denied"}', counts({}))).toBe(false)
  expect(sameShape('{"sent":1}', '{"sent":1,"error":"denied"}')).toBe(false)
  expect(sameShape('{"sent":1}', 'sent: 1')).toBe(false)
  const days = (...stats: object[]) => JSON.stringify([{ date: '2026-01-01', stats }])
  expect(sameShape(days({ sent: 1 }), days({ sent: 2 }, { sent: 3 }))).toBe(true)
  expect(sameShape('[]', days())).toBe(false)
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
