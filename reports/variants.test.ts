import { expect, test } from 'vitest'
import type { VariantOutcome } from '../harness/model.ts'
import { sample } from './sample.testing.ts'
import { exceptions, isJudgedInPart, isOpen, variantGroups } from './variants.ts'

function variants(states: Partial<Record<VariantOutcome['state'], number>>): VariantOutcome[] {
  return Object.entries(states).flatMap(([state, count]) =>
    Array.from({ length: count }, (_, at) => ({
      name: `${state} ${at}`,
      state: state as VariantOutcome['state'],
      reason: null,
    })),
  )
}

test.each<[string | null, Partial<Record<VariantOutcome['state'], number>>]>([
  ['3 of 45 variants violated, 2 not judged', { held: 40, violated: 3, unjudged: 2 }],
  ['2 of 4 variants not judged, 1 not applicable', { held: 1, unjudged: 2, 'not-applicable': 1 }],
  ['1 of 1 variant violated', { violated: 1 }],
  [null, { held: 45 }],
  [null, {}],
])('%s is said of %j', (line, states) => {
  expect(exceptions(variants(states))).toBe(line)
})

test('every variant stands in one group, the worst first, and those of one reason stand together', () => {
  const [first] = sample.outcomes
  expect(variantGroups(first?.variants ?? [])).toEqual([
    { state: 'violated', reason: null, names: ['CR LF before Bcc'] },
    { state: 'violated', reason: expect.stringMatching(/429/), names: ['bare LF before Bcc'] },
    {
      state: 'unjudged',
      reason: expect.stringMatching(/^The target/),
      names: ['CR LF folded', 'CR LF twice'],
    },
    { state: 'unjudged', reason: expect.stringMatching(/429/), names: ['NUL before Bcc'] },
    { state: 'not-applicable', reason: expect.stringMatching(/no template/), names: ['CR LF in a template'] },
    {
      state: 'held',
      reason: null,
      names: ['bare CR before Bcc', 'U+2028 before Bcc', 'encoded word that holds CR LF'],
    },
  ])
})

test('what came after a finding and was not judged is open too; what does not apply is not', () => {
  const groups = variantGroups(sample.outcomes.flatMap((outcome) => outcome.variants))
  expect(groups.filter(isOpen).map(({ names }) => names)).toEqual([
    ['bare LF before Bcc'],
    ['CR LF folded', 'CR LF twice'],
    ['NUL before Bcc'],
    ['with an attachment'],
  ])
})

test('a fail with a reason was judged in part, unless a foreign tool judged', () => {
  const [ours] = sample.outcomes
  if (ours === undefined) throw new Error('expected an outcome in the sample')
  expect(isJudgedInPart(ours)).toBe(true)
  expect(isJudgedInPart({ ...ours, reason: null })).toBe(false)
  expect(isJudgedInPart({ ...ours, judge: 'ZAP 2.17.0' })).toBe(false)
})
