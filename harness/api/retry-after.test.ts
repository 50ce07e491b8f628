import { expect, test } from 'vitest'
import { sampleExchange } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { retryAfter } from './retry-after.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const says = (headers: readonly [string, string][], answer: Answer = 'limited') => {
  const exchange = sampleExchange(answer)
  const response = exchange.response === null ? null : { ...exchange.response, headers }
  return retryAfter({ ...exchange, response, startedAt: now, milliseconds: 0 })
}

test.each<[string, string, number | null]>([
  ['retry-after', '6', 6],
  ['retry-after', 'Thu, 01 Jan 2026 00:00:06 GMT', 6],
  ['retry-after', 'later', null],
  ['ratelimit', '"send";r=0;t=6', 6],
  ['ratelimit', '"burst";r=0;t=6, "day";r=900;t=40000', 6],
  ['ratelimit', '"send";r=3;t=6', null],
  ['ratelimit', 'limit=10, remaining=0, reset=6', 6],
  ['ratelimit', '"send', null],
  ['ratelimit-reset', '6', 6],
  ['x-ratelimit-reset', '6', 6],
  ['x-ratelimit-reset', String(now / 1000 + 6), 6],
  ['x-ratelimit-reset', String(now + 6000), 6],
  ['x-ratelimit-limit', '10', null],
  ['retry-after', '1.5', 1.5],
  ['retry-after', '-1', null],
  ['retry-after', String(now / 1000 + 6), null],
  ['retry-after', '6s', 6],
  ['x-ratelimit-reset', '2026-01-01T00:00:06Z', 6],
  ['x-ratelimit-reset', String(now / 1000 + 6.5), 6.5],
  ['x-rate-limit-reset', String(now / 1000 + 6), 6],
  ['x-ratelimit-reset-after', '6.25', 6.25],
  ['x-sib-ratelimit-reset', '6', 6],
  ['x-ratelimit-reset-requests', '1m30s', 90],
  ['x-ratelimit-reset-requests', '250ms', 0.25],
  ['retry-after-ms', '6000', 6],
])('of a refusal with %s: %s, a client comes back after %s s', (name, value, seconds) => {
  expect(says([[name, value]])).toBe(seconds)
})

test('what is no refusal by a limit names no time, and Retry-After goes before all others', () => {
  expect(says([['retry-after', '6']], 'accepted')).toBeNull()
  expect(
    says([
      ['ratelimit', '"send";r=0;t=60'],
      ['retry-after', '6'],
    ]),
  ).toBe(6)
})

test.each<[string, number | null]>([
  ['{"retry_after":6.5}', 6.5],
  ['{"ok":false,"parameters":{"retry_after":6}}', 6],
  ['{"error":{"retryAfter":6}}', 6],
  ['{"retry_after":"later"}', null],
  ['{"retry_after":-6}', null],
  ['wait 6 s', null],
])('of a refusal by limit with the body %s a client comes back after %s s', (body, seconds) => {
  expect(retryAfter(sampleExchange('limited', { body }))).toBe(seconds)
})

test('who has too much to do says by 503 when to come back; an error names no time, whatever it says besides', () => {
  const busy = (status: number, headers: readonly [string, string][]) => {
    const { response, ...exchange } = sampleExchange('broken')
    return retryAfter({ ...exchange, response: response && { ...response, status, headers } })
  }
  expect(busy(503, [['retry-after', '2']])).toBe(2)
  expect(busy(503, [['x-ratelimit-reset', '2']])).toBeNull()
  expect(busy(500, [['retry-after', '2']])).toBeNull()
  expect(says([['retry-after', '2']], 'refused')).toBeNull()
})
