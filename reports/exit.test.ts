import { expect, test } from 'vitest'
import type { Finding, Outcome, Report, Severity, Verdict } from '../harness/model.ts'
import { exitCode } from './exit.ts'
import { sample } from './sample.testing.ts'

const [model] = sample.outcomes
const [finding] = model?.findings ?? []

function outcome(verdict: Verdict, severity: Severity, findings: readonly Severity[] = []): Outcome {
  if (model === undefined || finding === undefined) throw new Error('the sample holds no finding')
  return {
    ...model,
    verdict,
    severity,
    reason: null,
    findings: findings.map((at): Finding => ({ ...finding, severity: at })),
  }
}

const pass = outcome('pass', 'critical')
const fail = outcome('fail', 'critical', ['high'])
const failBelow = outcome('fail', 'critical', ['low'])
const inPart = { reason: '2 of 9 variants could not be judged' }

test.each<[code: 0 | 1 | 2, name: string, outcomes: Outcome[], changes?: Partial<Report>]>([
  [0, 'everything applicable proven', [pass, outcome('not-applicable', 'critical')]],
  [2, 'nothing applicable', [outcome('not-applicable', 'critical')]],
  [0, 'a finding below the threshold, whatever its check could have found', [pass, failBelow]],
  [0, 'unproven below the threshold', [pass, outcome('unproven', 'low')]],
  [1, 'a finding above the threshold', [pass, fail]],
  [1, 'a finding at the threshold', [outcome('fail', 'medium', ['medium'])]],
  [1, 'a finding beside an error: the evidence stands', [fail, outcome('error', 'high')]],
  [1, 'a finding beside an unproven check', [fail, outcome('unproven', 'critical')]],
  [1, 'a finding above the threshold, beside which something could not be judged', [{ ...fail, ...inPart }]],
  [2, 'a finding below it, beside which something could not be judged', [pass, { ...failBelow, ...inPart }]],
  [
    0,
    'the same of a check that finds nothing above it',
    [pass, { ...outcome('fail', 'low', ['low']), ...inPart }],
  ],
  [
    0,
    'alerts of a foreign tool below it, some left out',
    [pass, { ...failBelow, ...inPart, judge: 'ZAP 2.17.0' }],
  ],
  [2, 'unproven at the threshold', [pass, outcome('unproven', 'medium')]],
  [2, 'an error, however small its check', [pass, outcome('error', 'low')]],
  [2, 'a fail that has nothing to show', [pass, outcome('fail', 'low')]],
  [2, 'no check at all', []],
  [2, 'an incomplete run', [pass], { complete: false, incompleteBecause: 'interrupted' }],
  [2, 'an incomplete run with findings', [fail], { complete: false, incompleteBecause: 'interrupted' }],
])('%i for %s', (code, _name, outcomes, changes = {}) => {
  expect(exitCode({ ...sample, failOn: 'medium', ...changes, outcomes })).toBe(code)
})
