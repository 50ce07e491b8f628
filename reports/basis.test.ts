import { expect, test } from 'vitest'
import type { Basis } from '../harness/model.ts'
import { basisText } from './basis.ts'

const basis: Basis = {
  ...{ startedAt: 1, guards: 12, fences: 4, observations: 9 },
  baselines: [
    { principal: 'sender', operation: 'message.send', count: 2 },
    { principal: 'admin', operation: 'user.list', count: 1 },
  ],
  callers: ['admin', 'sender', 'neighbour', 'support', 'anonymous'].map((principal) => ({
    ...{ principal, calls: 1, accepted: 0 },
  })),
  channels: [
    { channel: 'HTTP', messages: 2 },
    { channel: 'SMTP', messages: 1 },
  ],
  seen: { deliveries: 2, sessions: 1, handshakes: 0, records: 3 },
  ...{ access: [], mail: [] },
}
const variants = (['held', 'violated', 'unjudged', 'not-applicable', 'held-back'] as const).map((state) => ({
  ...{ name: state, state, reason: null },
}))

test('what a verdict rests on is a line', () => {
  expect(basisText({ basis, variants })).toBe(
    '12 guards that held, of which 3 legitimate calls and 4 fences; 9 verdicts in 2 variants; as admin, sender, neighbour, support and 1 more; messages by HTTP, SMTP; 2 delivered messages, 1 SMTP session, 3 answers of DNS',
  )
})

test('what was not done is not spoken of', () => {
  const seen = { deliveries: 0, sessions: 0, handshakes: 1, records: 0 }
  const little = {
    ...basis,
    guards: 1,
    fences: 0,
    observations: 1,
    baselines: [],
    callers: [],
    channels: [],
    seen,
  }
  expect(basisText({ basis: little, variants: [] })).toBe('1 guard that held; 1 verdict; 1 TLS handshake')
  expect(basisText({ variants })).toBeNull()
})
