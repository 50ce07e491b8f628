import { expect, test } from 'vitest'
import {
  changed,
  distinctValues,
  heldIn,
  isAbout,
  privateTokens,
  sameShape,
  valuesByPath,
} from './disclosure.ts'

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

test('of a log, which goes on, the newest entry is seldom like the newest of another look', () => {
  const log = (...actors: (string | null)[]) => JSON.stringify({ data: actors.map((actor) => ({ actor })) })
  expect(sameShape(log(null, 'ann', null), log('ann', 'bob'))).toBe(true)
  expect(sameShape(log(null, null), log('ann', 'bob'))).toBe(false)
})

test('lists and objects of any size are compared in time', () => {
  const wide = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`member${i}`, i]))
  const list = (n: number) =>
    JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ ...wide(n), [`only${n}`]: i })))
  expect(sameShape(list(2_000), list(1_999))).toBe(false)
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
  expect(sameShape(deep, deep)).toBe(false)
})

test('an answer is known again by what it says and no other of its kind', () => {
  const message = (id: number, to: string, more = {}) =>
    JSON.stringify({ id, to, status: 'delivered', at: '2026-01-01T00:00:00Z', ...more })
  const [ours, other] = [message(41, 'ann@acme.test'), message(42, 'bob@acme.test')]
  const values = distinctValues(ours, [other], '/messages/41')
  expect([...values]).toEqual([['/to', '"ann@acme.test"']])
  expect(isAbout(message(41, 'ann@acme.test'), values)).toBe(true)
  expect(isAbout(JSON.stringify({ to: 'ann@acme.test' }), values)).toBe(true)
  // His own of the same number, a stub, an error.
  for (const body of [message(41, 'eve@globex.test'), '{"id":41}', '{"error":"no such message"}', ''])
    expect(isAbout(body, values), body).toBe(false)
  expect(distinctValues(ours, [message(41, 'ann@acme.test')], '').size).toBe(0)
})

test('what others say in other escapes of JSON tells nothing apart', () => {
  const page = (id: number) => String.raw`{"id":${id},"type":"text\/html","language":"Fran\u00e7ais"}`
  expect([...distinctValues(page(1), [page(2)], '/pages/1')]).toEqual([])
})

test('what is another in each answer is left out', () => {
  const page = (request: number) => JSON.stringify({ to: 'ann@acme.test', request: `number ${request}` })
  const values = distinctValues(page(1), [], '')
  expect([...heldIn(page(2), values)]).toEqual([['/to', '"ann@acme.test"']])
})

test('a long name with many values below it takes no memory of each, and many values are looked for in time', () => {
  const long = `{"${'k'.repeat(100_000)}":[${'1,'.repeat(2000)}1]}`
  expect(valuesByPath(long)).toBeNull()
  const many = (letter: string) =>
    JSON.stringify(Array.from({ length: 20_000 }, (_, i) => `${'a'.repeat(30)}${letter}${1e6 + i}`))
  expect(distinctValues(many('a'), [many('b')], '').size).toBe(2000)
})

test('where only some of the values are alike, it is about another', () => {
  const page = (subject: string, to: string) => JSON.stringify({ subject, to })
  const values = distinctValues(page('Welcome', 'ann@acme.test'), [page('Receipt', 'bob@acme.test')], '')
  expect(values.size).toBe(2)
  expect(isAbout(page('Welcome', 'eve@globex.test'), values)).toBe(false)
})

test('what is kept back from a stranger hides nothing of what he is shown', () => {
  const one = { name: 'Spring sale', subject: 'Spring is here', html: '<p>*** new ***</p>' }
  const other = { name: 'Winter sale', subject: 'Winter is here', html: '<p>old</p>' }
  const values = distinctValues(JSON.stringify(one), [JSON.stringify(other)], '')
  const isShown = (change: object) => isAbout(JSON.stringify({ ...one, ...change }), values)
  for (const hidden of [null, '', '********', 'S•••••', '[REDACTED]'])
    expect(isShown({ subject: hidden, html: hidden }), String(hidden)).toBe(true)
  expect(isShown({ subject: 'Another', html: null })).toBe(false)
  expect(isAbout(JSON.stringify({ name: null, subject: '***', html: '' }), values)).toBe(false)
})

test('by a word that is one of few nothing is known again', () => {
  const page = (status: string, kind: string) => JSON.stringify({ status, kind, locale: 'de-DE' })
  const others = [page('bounced', 'MARKETING')]
  expect(distinctValues(page('delivered', 'IN_TRANSACTION'), others, '').size).toBe(0)
  expect(distinctValues(page('Welcome', 'a word of ours'), others, '').size).toBe(2)
})

test('what is no JSON is known again as a whole', () => {
  const values = distinctValues('Subject: one\n\nHello', ['Subject: two\n\nHello'], '')
  expect(isAbout('Subject: one\n\nHello', values)).toBe(true)
  expect(isAbout('Subject: two\n\nHello', values)).toBe(false)
  expect(distinctValues('Hello', ['Hello'], '').size).toBe(0)
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
