import { expect, test } from 'vitest'
import { faultsOf, type Judged } from './judge.ts'
import type { Seen } from './staged.ts'

const trial: Judged = {
  group: 'attacks',
  ground: { checks: ['a/one', 'a/two'], weaknesses: ['is-weak'] },
}
const borne: Seen = {
  verdicts: { 'a/one': 'fail', 'a/two': 'unproven', 'a/other': 'held-back' },
  reasons: { 'a/one': '', 'a/two': 'the target was silent' },
  ...{ exitCode: 1, signal: null, hung: false, seconds: 5, megabytes: 300, struck: 9 },
  ...{ left: 2, leftAfterClean: 0, secrets: [], controls: [], behind: [], said: '' },
}

test('a finding in spite of the fault, and a verdict that is not given, bear it', () => {
  expect(faultsOf(borne, trial)).toEqual([])
})

for (const [what, seen, told] of [
  ['a pass', { verdicts: { 'a/one': 'pass' } }, /^a\/one is pass, though the target is weak there$/],
  [
    'what calls itself not applicable',
    { verdicts: { 'a/two': 'not-applicable' } },
    /^a\/two is not-applicable/,
  ],
  ['an error of the harness', { verdicts: { 'a/one': 'error' } }, /^a\/one is an error of the harness: $/],
  ['exit code 0', { exitCode: 0 }, /exit code is 0/],
  ['exit code 3', { exitCode: 3 }, /profile was blamed/],
  ['the end by a signal', { exitCode: null, signal: 'SIGSEGV' }, /ended by SIGSEGV/],
  ['no end', { hung: true }, /did not end/],
  ['more memory than a process may have', { megabytes: 601 }, /held 601 MB/],
  ['objects that nothing takes back', { leftAfterClean: 1 }, /^1 objects stay/],
  ['a secret', { secrets: ['KEY in stdout, raw'] }, /a secret is shown: KEY in stdout, raw/],
  ['what a terminal obeys', { controls: ['U+001b'] }, /U\+001b stands on the terminal/],
  ['what stays on the machine', { behind: ['postern-browser-x'] }, /left behind: postern-browser-x/],
  ['a fault that struck nobody', { struck: 0 }, /never struck/],
] as const satisfies readonly [string, Partial<Seen>, RegExp][])
  test(`${what} does not bear it`, () => {
    expect(faultsOf({ ...borne, ...seen }, trial)).toEqual([expect.stringMatching(told)])
  })

test('a run that was killed ends by the signal, and what is seen before anything is sent ends with 3', () => {
  expect(faultsOf({ ...borne, exitCode: null, signal: 'SIGKILL' }, { ...trial, killsRun: true })).toEqual([])
  expect(faultsOf({ ...borne, exitCode: 3 }, { ...trial, mayRefuse: true })).toEqual([])
})

test('what the target denies to have done nobody looks for', () => {
  expect(faultsOf({ ...borne, leftAfterClean: 1 }, { ...trial, denies: true })).toEqual([])
})

test('who is turned away every time is kept out, as far as answers go', () => {
  const passed = { ...borne, verdicts: { 'a/one': 'pass', 'a/two': 'fail' } } as const
  const ground = { ...trial.ground, byAnswers: ['a/one'] }
  expect(faultsOf(passed, { ...trial, ground, turnsAway: true })).toEqual([])
  expect(faultsOf(passed, { ...trial, ground })).toHaveLength(1)
  expect(faultsOf(passed, { ...trial, turnsAway: true })).toHaveLength(1)
})

test('without a fault every check of the ground must find something', () => {
  expect(faultsOf(borne, { ...trial, group: 'none' })).toEqual([
    'a/two finds nothing though there is no fault: the target was silent',
  ])
})
