import { expect, test } from 'vitest'
import { exitCode } from '../../reports/exit.ts'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome, Report } from '../model.ts'
import { applied } from './apply.ts'
import type { AcceptedFinding } from './baseline-file.ts'

const [crlf] = (sample.outcomes as readonly Outcome[]).filter(
  ({ check }) => check === 'injection/crlf-subject',
)
if (crlf === undefined) throw new Error('expected an outcome')
const { findings } = crlf
const whole: Outcome = { ...crlf, reason: null }

const accepts = (change: Partial<AcceptedFinding> = {}): AcceptedFinding => ({
  ...{ check: crlf.check, operation: 'message.send', variant: 'CR LF before Bcc', severity: 'critical' },
  ...{ reason: 'mended in the next release', owner: 'mail-team', until: '2026-12-31' },
  ...change,
})
const both = [accepts(), accepts({ variant: 'bare LF before Bcc' })]

function judged(outcomes: readonly Outcome[], entries: readonly AcceptedFinding[], day = '2026-11-27') {
  const then = applied(outcomes, entries, 'b.yaml', day)
  const run: Report = { ...sample, leftovers: { objects: 0, lines: [], lost: false, mails: 0 }, ...then }
  return {
    accepted: then.baseline.accepted,
    stale: then.baseline.stale.map(({ why, variant }) => `${why}: ${variant}`),
    code: exitCode(run),
  }
}

test('what is accepted does not fail the run, and what is not does', () => {
  expect(findings.map(({ variant }) => variant)).toEqual(['CR LF before Bcc', 'bare LF before Bcc'])
  expect(judged([whole], both)).toEqual({ accepted: 2, stale: [], code: 0 })
  expect(judged([whole], both.slice(0, 1))).toEqual({ accepted: 1, stale: [], code: 1 })
})

test('on its last day it is accepted, on the next it is not', () => {
  expect(judged([whole], both, '2026-12-31')).toEqual({ accepted: 2, stale: [], code: 0 })
  expect(judged([whole], both, '2027-01-01')).toEqual({
    ...{ accepted: 0, code: 1 },
    stale: ['expired: CR LF before Bcc', 'expired: bare LF before Bcc'],
  })
})

test('a finding that weighs more than what was accepted is not', () => {
  const lighter = both.map((entry) => ({ ...entry, severity: 'high' as const }))
  expect(judged([whole], lighter)).toEqual({ accepted: 0, stale: [], code: 1 })
})

test('what is no more fails the run, also where its check passes', () => {
  const gone = [...both, accepts({ variant: 'CR before Bcc' })]
  const held = { ...whole, variants: [{ name: 'CR before Bcc', state: 'held', reason: null } as const] }
  expect(judged([held], gone)).toEqual({ accepted: 2, stale: ['gone: CR before Bcc'], code: 1 })
  expect(judged([{ ...whole, verdict: 'pass', findings: [], variants: [] }], both.slice(0, 1))).toEqual({
    ...{ accepted: 0, stale: ['gone: CR LF before Bcc'], code: 1 },
  })
})

test('what the run did not look at says nothing of what is accepted', () => {
  const none = { findings: [], variants: [] }
  const passed: Outcome = { ...whole, check: 'tls/cert', verdict: 'pass', ...none }
  for (const verdict of ['held-back', 'not-applicable'] as const)
    expect(judged([passed, { ...whole, verdict, ...none }], both)).toEqual({
      accepted: 0,
      stale: [],
      code: 0,
    })
  expect(judged([passed], both)).toEqual({ accepted: 0, stale: [], code: 0 })
  const unjudged = {
    ...whole,
    variants: [{ name: 'CR before Bcc', state: 'unjudged', reason: 'no answer' } as const],
  }
  expect(judged([unjudged], [...both, accepts({ variant: 'CR before Bcc' })]).stale).toEqual([])
})
