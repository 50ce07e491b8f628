import { expect, test } from 'vitest'
import type { Profile } from '../profile/profile.ts'
import { amounts, comparisons, expectedOfAll } from './expected.ts'
import type { Proof } from './proofs.ts'

const proof = (requests: number, spent?: Proof['spent']) => ({ requests, spent }) as Proof
const proofs = new Map([
  ['suite/sends', proof(10, { mails: 700, fences: 3, connections: 0 })],
  ['suite/connects', proof(0, { mails: 0, fences: 0, connections: 33 })],
  ['suite/old', proof(5)],
])
const checks = [...proofs.keys()].map((id) => ({ id }))

const profile = (more: object) =>
  ({
    policies: {},
    ...more,
    mail: { delivery: { within: 60 }, ...('mail' in more ? (more.mail as object) : {}) },
  }) as unknown as Profile

test('what a run takes is what its checks took of the reference API, a fence counted as a message; what is not counted is said', () => {
  const expected = expectedOfAll(checks, proofs)
  expect(expected).toEqual({ requests: 13, connections: 33, mails: 703, uncounted: 1 })
  expect(amounts(expected, profile({ target: {} }))).toBe('about 13 requests, 33 connections and 703 mails')
  expect(amounts(expected, profile({ target: { submissionAlone: true } }))).toBe(
    'about 46 connections and 703 mails',
  )
  expect(comparisons(expected, profile({}))).toEqual(['of 1 check nobody has counted what it takes'])
  expect(expectedOfAll([{ id: 'suite/connects' }], proofs)).toMatchObject({ mails: 0, uncounted: 0 })
})

const seven = { requests: 800, connections: 100, mails: 700, uncounted: 0 }

test.each<[string, object, readonly string[]]>([
  ['a budget that is enough', { budget: { mails: 700, requests: 900 } }, []],
  [
    'a budget of mails that is not',
    { budget: { mails: 500 } },
    [
      'about 700 mails are more than budget.mails allows (500): what comes later will be unproven; raise it, or run fewer checks',
    ],
  ],
  [
    'a budget of requests that connections exceed',
    { budget: { requests: 850 } },
    [
      'about 900 requests are more than budget.requests allows (850): what comes later will be unproven; raise it, or run fewer checks',
    ],
  ],
  [
    'a pace',
    { budget: { perSecond: 10 } },
    ['at 10 requests a second (budget.perSecond) they take about 90 seconds'],
  ],
  [
    'a bound of what is on its way',
    { mail: { inFlight: 100 } },
    [
      'at most 100 mails are on their way at once (mail.inFlight): at worst they take 7 minutes, if each takes all of mail.delivery.within',
    ],
  ],
  ['a limit that is not met', { policies: { limits: { send: { limit: 700, window: 60 } } } }, []],
  [
    'a limit that is promised',
    { policies: { limits: { send: { limit: 100, window: 3600, demand: { limit: 1000, window: 1 } } } } },
    [
      'about 700 mails are more than 100 in 3600 s, which is promised by policies.limits.send: where that holds for who sends, they take at least 7 hours, and what is refused meanwhile may be unproven; raise it for this test, or pace the run (budget.perSecond, mail.inFlight)',
    ],
  ],
  [
    'a limit that is demanded',
    { policies: { limits: { send: { demand: { limit: 500, window: 60 } } } } },
    [
      'about 700 mails are more than 500 in 60 s, which is demanded by policies.limits.send: where that holds for who sends, they take at least 84 seconds, and what is refused meanwhile may be unproven; raise it for this test, or pace the run (budget.perSecond, mail.inFlight)',
    ],
  ],
])('700 mails beside %s', (_, more, says) => {
  expect(comparisons(seven, profile(more))).toEqual(says)
})
