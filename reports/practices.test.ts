import { expect, test } from 'vitest'
import type { Outcome, Verdict } from '../harness/model.ts'
import { practices } from '../harness/model.ts'
import { practiceHeadings, practicesIn } from './practices.ts'
import { sample } from './sample.testing.ts'

const [model] = sample.outcomes as readonly Outcome[]

/** A run whose checks are all of these practices and have these verdicts. P20 has no question that no check asks yet. */
function run(
  verdicts: readonly Verdict[],
  practices: Outcome['practices'] = ['P20'],
  notSelected: string[] = [],
) {
  if (model === undefined) throw new Error('the sample holds no outcome')
  return {
    outcomes: verdicts.map(
      (verdict): Outcome => ({ ...model, practices, verdict, reason: `was ${verdict}` }),
    ),
    notSelected,
  }
}

test.each<[standing: string, verdicts: Verdict[], looked: number, reasons: string[]]>([
  ['violated', ['pass', 'fail', 'error'], 2, []],
  ['verified', ['pass', 'pass'], 2, []],
  ['partly verified', ['pass', 'unproven'], 1, ['was unproven']],
  ['partly verified', ['pass', 'held-back'], 1, ['was held-back']],
  ['partly verified', ['pass', 'not-applicable', 'not-applicable'], 1, ['was not-applicable']],
  ['partly verified', ['pass', 'error'], 1, ['was error']],
  ['not tested', ['not-applicable', 'unproven'], 0, ['was not-applicable', 'was unproven']],
  ['not tested', ['held-back'], 0, ['was held-back']],
  ['not tested', [], 0, ['No check is of it.']],
])('a practice is %s after %j, and says how many were looked at', (standing, verdicts, looked, reasons) => {
  const of = verdicts.length
  expect(practicesIn(run(verdicts)).P20).toMatchObject({ standing, looked, of, reasons })
})

test('a practice of which no check asks everything yet is never verified', () => {
  const { standing, looked, of, planned } = practicesIn(run(['pass'], ['P24'])).P24
  expect({ standing, looked, of, planned }).toEqual({
    standing: 'partly verified',
    ...{ looked: 1, of: 2, planned: ['audit/retention'] },
  })
  expect(practicesIn(run(['pass'], ['P24'], ['audit/retention'])).P24.planned).toEqual([])
})

test('a run that was restricted to some checks verifies no practice', () => {
  expect(practicesIn(run(['pass'], ['P20'], ['keys/self-escalate'])).P20).toMatchObject({
    standing: 'partly verified',
    reasons: ['The run was restricted by --suite or --check, which may have left out checks of it.'],
  })
})

test('a check of another practice, or of a foreign tool, is related: it neither verifies nor violates', () => {
  const merge = (...runs: ReturnType<typeof run>[]) => ({
    outcomes: runs.flatMap(({ outcomes }) => outcomes),
    notSelected: [],
  })
  const timing = run(['fail'], ['P17', 'P20'])
  for (const related of [timing, run(['pass'], ['P17', 'P20'])])
    expect(practicesIn(related).P20).toMatchObject({ standing: 'not tested', related: related.outcomes })
  expect(practicesIn(merge(timing, run(['pass']))).P20.standing).toBe('verified')
  expect(practicesIn(timing).P17.standing).toBe('violated')
  const foreign = run(['fail']).outcomes.map((outcome) => ({ ...outcome, judge: 'ZAP 2.17.0' }))
  expect(practicesIn({ outcomes: foreign, notSelected: [] }).P20).toMatchObject({
    standing: 'not tested',
    related: foreign,
  })
})

test('the practices of the catalogue stand once each under five headings', () => {
  const named = practiceHeadings.flatMap((heading) => heading.practices.map(([practice]) => practice))
  expect(practiceHeadings).toHaveLength(5)
  expect(named).toEqual(practices)
})
