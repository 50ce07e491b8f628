import { expect, test } from 'vitest'
import type { Outcome, Verdict } from '../harness/model.ts'
import { judgePractice, practiceHeadings } from './practices.ts'
import { sample } from './sample.testing.ts'

function outcomes(...verdicts: readonly Verdict[]): Outcome[] {
  return verdicts.flatMap((verdict) =>
    sample.outcomes
      .slice(0, 1)
      .map((outcome): Outcome => ({ ...outcome, practices: ['P18'], verdict, reason: `was ${verdict}` })),
  )
}

test.each<[standing: string, verdicts: Verdict[], reasons: string[]]>([
  ['violated', ['pass', 'fail', 'error'], []],
  ['verified', ['pass', 'pass'], []],
  ['partly verified', ['pass', 'unproven'], ['was unproven']],
  ['partly verified', ['pass', 'not-applicable', 'not-applicable'], ['was not-applicable']],
  ['partly verified', ['pass', 'error'], ['was error']],
  ['not tested', ['not-applicable', 'unproven'], ['was not-applicable', 'was unproven']],
  ['not tested', [], ['No check of this run covers it.']],
])('a practice is %s after %j', (standing, verdicts, reasons) => {
  expect(judgePractice('P18', outcomes(...verdicts))).toMatchObject({ standing, reasons })
})

test('P01 to P35 stand once each under five headings', () => {
  const all = practiceHeadings.flatMap(({ practices }) => practices.map(([practice]) => practice))
  expect(practiceHeadings).toHaveLength(5)
  expect(all).toEqual(Array.from({ length: 35 }, (_, at) => `P${String(at + 1).padStart(2, '0')}`))
})
