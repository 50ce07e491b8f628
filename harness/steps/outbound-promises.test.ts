import { expect, test } from 'vitest'
import { weightOfClearText, weightOfUnproven } from './outbound-promises.ts'

test.each([
  ['verify', 'high', 'high'],
  ['require', 'low', 'medium'],
  ['opportunistic', 'low', 'low'],
] as const)(
  'where %s is promised, an exchanger with a bad certificate is %s, and one with old TLS %s',
  (promise, bad, old) => {
    expect(weightOfUnproven(promise, 'a bad certificate')).toBe(bad)
    expect(weightOfUnproven(promise, 'old TLS')).toBe(old)
  },
)

test.each([
  ['verify', 'critical', 'critical', 'high'],
  ['require', 'critical', 'critical', 'high'],
  ['opportunistic', 'medium', 'low', 'low'],
] as const)(
  'where %s is promised, clear text is %s where TLS was offered, else %s, and an envelope alone %s',
  (promise, offered, whole, envelope) => {
    expect(weightOfClearText(promise, 'offered')).toBe(offered)
    expect(weightOfClearText(promise, 'whole')).toBe(whole)
    expect(weightOfClearText(promise, 'envelope')).toBe(envelope)
  },
)
