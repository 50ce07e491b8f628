import { expect, test } from 'vitest'
import type { Outcome, Verdict } from '../harness/model.ts'
import byCheck from './controls.json' with { type: 'json' }
import { type Control, evidenceIn, standardsOf } from './controls.ts'
import { sample } from './sample.testing.ts'

const [model] = sample.outcomes as readonly Outcome[]

function run(verdicts: readonly Verdict[], notSelected: readonly string[] = []) {
  if (model === undefined) throw new Error('the sample holds no outcome')
  return {
    outcomes: verdicts.map((verdict, at): Outcome => ({ ...model, check: `a/${at}`, verdict })),
    notSelected,
  }
}

const control: Control = { control: 'C', asks: 'it', checks: ['a/0', 'a/1'] }

test.each<[points: string, verdicts: Verdict[], counts: string]>([
  ['against', ['fail', 'pass'], '1 of 2 checks passed, 1 failed'],
  ['against', ['fail', 'unproven'], '0 of 2 checks passed, 1 failed'],
  ['for', ['pass', 'pass'], '2 of 2 checks passed'],
  ['part', ['pass', 'unproven'], '1 of 2 checks passed'],
  ['part', ['pass', 'held-back'], '1 of 2 checks passed'],
  ['part', ['pass', 'not-applicable'], '1 of 2 checks passed'],
  ['nowhere', ['not-applicable', 'held-back'], '0 of 2 checks passed'],
])('evidence points %s after %j', (points, verdicts, counts) => {
  expect(evidenceIn(run(verdicts))(control)).toMatchObject({ points, counts })
})

test('a run of some checks alone points nowhere whole', () => {
  expect(evidenceIn(run(['pass', 'pass'], ['b/c']))(control).points).toBe('part')
})

test('OWASP comes of what checks refer to; what no check of the report is of is left out', () => {
  const [crlf] = run(['pass']).outcomes
  if (crlf === undefined) throw new Error('expected an outcome')
  const outcome = {
    ...crlf,
    check: 'access/bola-read',
    references: ['API1:2023', 'ASVS 5.0 8.2.2', 'CWE-639'],
  }
  expect(
    standardsOf({ outcomes: [outcome] }).map(({ name, controls }) => [
      name,
      controls.map((each) => each.control),
    ]),
  ).toEqual([
    ['OWASP API Security Top 10 2023', ['API1:2023']],
    ['OWASP ASVS 5.0', ['V8']],
    ...Object.entries(byCheck).flatMap(([name, controls]) => {
      const own = controls.filter(({ checks }) => checks.includes('access/bola-read'))
      return own.length === 0 ? [] : [[name, own.map((each) => each.control)]]
    }),
  ])
})

test('nowhere does it say that somebody complies', () => {
  expect(JSON.stringify(byCheck)).not.toMatch(/compli/i)
})
