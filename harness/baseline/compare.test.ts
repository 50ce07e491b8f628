import { expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome, Report, Severity } from '../model.ts'
import { compared } from './compare.ts'

const [model] = sample.outcomes as readonly Outcome[]
const [finding] = model?.findings ?? []
if (model === undefined || finding === undefined) throw new Error('expected a finding')

type Found = Readonly<Record<string, Severity>>

const report = (found: Found, changes: Partial<Outcome> = {}): Report => ({
  ...sample,
  outcomes: [
    {
      ...model,
      ...{ verdict: Object.keys(found).length === 0 ? 'pass' : 'fail', reason: null },
      findings: Object.entries(found).map(([variant, severity]) => ({ ...finding, variant, severity })),
      variants: Object.keys(found).map((name) => ({ name, state: 'violated', reason: null })),
      ...changes,
    },
  ],
})

test('what became of each finding', () => {
  const before = report({ stays: 'high', grows: 'low', shrinks: 'critical', goes: 'high' })
  const after = report({ stays: 'high', grows: 'high', shrinks: 'low', comes: 'medium' })
  expect(Object.fromEntries(compared(before, after).map(({ variant, change }) => [variant, change]))).toEqual(
    {
      ...{ stays: 'unchanged', grows: 'heavier', shrinks: 'lighter', goes: 'mended', comes: 'new' },
    },
  )
})

test('what was not looked at again is not mended', () => {
  const before = report({ one: 'high' })
  const changeOf = (after: Report) => compared(before, after).map(({ change }) => change)
  expect(changeOf({ ...before, outcomes: [] })).toEqual(['not looked at'])
  expect(changeOf(report({}, { verdict: 'held-back' }))).toEqual(['not looked at'])
  expect(changeOf(report({}, { verdict: 'unproven' }))).toEqual(['not looked at'])
  const unjudged = [{ name: 'one', state: 'unjudged', reason: 'no answer' } as const]
  expect(changeOf(report({ two: 'low' }, { variants: unjudged }))[0]).toBe('not looked at')
  expect(changeOf(report({}))).toEqual(['mended'])
})
