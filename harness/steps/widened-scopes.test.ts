import { expect, test } from 'vitest'
import { sampleExchange } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { opens } from './widened-scopes.ts'

const answered = (said: unknown, answer: Answer = 'accepted') =>
  sampleExchange(answer, {
    operation: 'message.list',
    body: JSON.stringify(said),
    result: { items: (said as { data?: unknown }).data },
  })

const full = answered({ data: [{ id: 'm1' }], next: null })
const empty = answered({ data: [], next: null })
const error = answered({ error: { code: 'insufficient_scope' } })
const denied = answered({ error: 'insufficient_scope' }, 'refused')

test.each([
  ['a refusal', denied, full, denied, false],
  ['what whoever may read it sees', full, full, denied, true],
  ['messages of the token’s own user', answered({ data: [{ id: 'm9' }] }), full, empty, true],
  ['an error with an accepted status', error, full, error, false],
  ['an error with an accepted status, where there is nothing', error, empty, error, false],
  [
    'an error beside a word that every answer has',
    answered({ ok: false, error: 'scope' }),
    answered({ ok: true, data: [] }),
    error,
    false,
  ],
  ['a list whose rows are left out, as without the scope', empty, full, empty, false],
  ['an empty list, where no token without the scope gets one', empty, full, denied, true],
  [
    'an empty list, where an error shows nothing of a token without the scope',
    empty,
    full,
    answered({}, 'broken'),
    false,
  ],
  ['an empty list, where there is nothing', empty, empty, denied, true],
] as const)('%s: a read is opened by what it shows', (_, shown, right, without, isOpen) => {
  expect(opens(shown, right, without)).toBe(isOpen)
})

test('a read that is no list is opened by what it counts, and not by zeros', () => {
  const counts = (sent: number) =>
    sampleExchange('accepted', { operation: 'analytics.get', body: JSON.stringify({ sent }) })
  expect(opens(counts(3), counts(4), counts(0))).toBe(true)
  expect(opens(counts(0), counts(4), counts(0))).toBe(false)
})
