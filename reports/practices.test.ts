import { expect, test } from 'vitest'
import type { Outcome, Verdict } from '../harness/model.ts'
import { practices } from '../harness/model.ts'
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

test('a check of another practice verifies nothing of those that it is related to, and can violate them', () => {
  const related = (...verdicts: readonly Verdict[]) =>
    outcomes(...verdicts).map((outcome): Outcome => ({ ...outcome, practices: ['P17', 'P18'] }))
  const none = 'No check of this run is of it; those that are related to it verify nothing of it.'
  expect(judgePractice('P18', related('pass'))).toMatchObject({ standing: 'not tested', reasons: [none] })
  expect(judgePractice('P18', related('pass', 'fail'))).toMatchObject({ standing: 'violated' })
  expect(judgePractice('P18', [...related('pass'), ...outcomes('unproven')])).toMatchObject({
    standing: 'not tested',
    reasons: ['was unproven'],
  })
  expect(judgePractice('P18', [...related('pass'), ...outcomes('pass')]).standing).toBe('verified')
  expect(judgePractice('P18', [...related('unproven'), ...outcomes('pass')]).standing).toBe('partly verified')
})

test('the practices of the catalogue stand once each under five headings', () => {
  const named = practiceHeadings.flatMap((heading) => heading.practices.map(([practice]) => practice))
  expect(practiceHeadings).toHaveLength(5)
  expect(named).toEqual(practices)
})
