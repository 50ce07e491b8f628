import { expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome, Report, Severity } from '../model.ts'
import { compared, previousOf } from './changes.ts'

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

test('what the earlier run had not looked at is not called new, and is told', () => {
  const after = report({ one: 'high' })
  const changeFrom = (before: Report) => compared(before, after).map(({ change }) => change)
  expect(changeFrom({ ...after, outcomes: [] })).toEqual(['first looked at'])
  expect(changeFrom(report({}, { verdict: 'held-back' }))).toEqual(['first looked at'])
  expect(changeFrom(report({}, { verdict: 'unproven' }))).toEqual(['first looked at'])
  expect(changeFrom(report({}))).toEqual(['new'])
})

test('a variant that held but for a part of it is looked at in neither', () => {
  const inPart = [{ name: 'one', state: 'held', reason: 'no answer' } as const]
  const held = report({}, { variants: inPart })
  expect(compared(report({ one: 'high' }), held).map(({ change }) => change)).toEqual(['not looked at'])
  expect(compared(held, report({ one: 'high' })).map(({ change }) => change)).toEqual(['first looked at'])
})

test('a report says what changed since another, and counts the rest', () => {
  const before = report({ stays: 'high', goes: 'high' })
  const after = report({ stays: 'high', comes: 'low' })
  expect(previousOf(before, after.outcomes)).toMatchObject({
    startedAt: before.startedAt,
    changed: [
      { variant: 'goes', change: 'mended', before: 'high', after: null },
      { variant: 'comes', change: 'new', before: null, after: 'low' },
    ],
    unchanged: 1,
  })
})
