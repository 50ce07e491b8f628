import pc from 'picocolors'
import type { Log } from 'sarif'
import { type SaxesAttributePlain, SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import type { Finding, Outcome, Report, Severity, Verdict } from '../harness/model.ts'
import { countsLine } from './console.ts'
import { exitCode } from './exit.ts'
import { toHtml } from './html.ts'
import { toInToto } from './in-toto.ts'
import { toJunit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import { sample } from './sample.testing.ts'
import { toSarif } from './sarif.ts'

const [model] = sample.outcomes as readonly Outcome[]
const [finding] = model?.findings ?? []
if (model === undefined || finding === undefined) throw new Error('expected a finding in the sample')

let made = 0

function outcome(
  verdict: Verdict,
  severity: Severity = 'high',
  findings: readonly Partial<Finding>[] = [],
): Outcome {
  return {
    ...(model as Outcome),
    ...{ check: `suite/check-${++made}`, verdict, severity, variants: [] },
    reason: verdict === 'pass' || verdict === 'fail' ? null : 'what would settle it',
    findings: findings.map((changes) => ({
      ...(finding as Finding),
      severity,
      ...changes,
    })) as Outcome['findings'],
  }
}

const pass = outcome('pass')
const accepted = { reason: 'r', owner: 'o', until: '2999-12-31' }
const stale = [
  { check: 'a/b', operation: 'c', variant: null, why: 'gone', owner: 'o', until: '2999-12-31' },
] as const
const kept = { objects: 0, lines: [], lost: false, mails: 0 }

type Case = [code: 0 | 1 | 2, what: string, outcomes: readonly Outcome[], changes?: Partial<Report>]

const cases: Case[] = [
  [0, 'all passed', [pass]],
  [0, 'passed, and the rest does not apply', [pass, outcome('not-applicable')]],
  [0, 'passed, and the rest was held back', [pass, outcome('held-back')]],
  [0, 'a finding below the threshold', [pass, outcome('fail', 'low', [{}])]],
  [
    0,
    'all findings accepted',
    [pass, outcome('fail', 'high', [{ accepted }])],
    { baseline: { file: 'b', accepted: 1, stale: [] } },
  ],
  [1, 'a finding', [pass, outcome('fail', 'high', [{}])]],
  [
    1,
    'one finding accepted, and one not',
    [outcome('fail', 'high', [{ accepted }, { variant: 'x' }])],
    { baseline: { file: 'b', accepted: 1, stale: [] } },
  ],
  [1, 'a baseline that is not so', [pass], { baseline: { file: 'b', accepted: 0, stale } }],
  [2, 'an unproven check', [pass, outcome('unproven')]],
  [2, 'an error', [pass, outcome('error')]],
  [2, 'nothing that applies', [outcome('not-applicable')]],
  [2, 'a run that was cut short', [pass], { complete: false, incompleteBecause: 'interrupted' }],
]

/** How many test cases of JUnit are red. */
function redIn(xml: string): number {
  let red = 0
  const parser = new SaxesParser()
  parser.on(
    'opentag',
    ({ name }: { name: string; attributes: Record<string, string | SaxesAttributePlain> }) => {
      if (name === 'failure' || name === 'error') red++
    },
  )
  parser.write(xml).close()
  return red
}

/** No check makes it what it is: it was cut short, nothing applied, or its baseline is not so. */
const ofTheRunAlone = ({ complete, baseline, outcomes }: Report) =>
  !complete ||
  (baseline?.stale.length ?? 0) > 0 ||
  outcomes.every(({ verdict }) => verdict === 'not-applicable')

test.each<Case>(cases)(
  '%i: %s, in each document and on the terminal',
  (code, _what, outcomes, changes = {}) => {
    const run = {
      ...sample,
      leftovers: kept,
      notSelected: [],
      failOn: 'medium' as const,
      ...changes,
      outcomes,
    }
    const report: Report = { ...run, exitCode: exitCode(run) }
    expect(report.exitCode).toBe(code)

    expect(redIn(toJunit(report)) > 0).toBe(code !== 0)

    const log: Log = JSON.parse(toSarif(report))
    const [first] = log.runs
    const open = (first?.results ?? []).filter(
      ({ level, suppressions }) => level !== 'note' && (suppressions ?? []).length === 0,
    )
    expect(first?.invocations?.[0]).toMatchObject({ exitCode: code, executionSuccessful: code !== 2 })
    expect(open.length > 0).toBe(code === 1 && report.baseline?.stale.length !== 1)

    const { result, failedTests } = JSON.parse(toInToto(report, new Uint8Array())).predicate
    expect(result === 'FAILED').toBe(code !== 0)
    expect(failedTests.length > 0).toBe(redIn(toJunit(report)) > 0 && !ofTheRunAlone(report))

    const html = toHtml(report)
    const tone = /class="conclusion ([a-z-]+)"/.exec(html)?.[1]
    expect(tone).toBe({ 0: tone === 'held-back' ? 'held-back' : 'holds', 1: 'broken', 2: 'doubtful' }[code])
    const [sentence = ''] = /(?<=<p class="sentence">)[^<]+/.exec(html) ?? []
    // The same first sentence everywhere.
    expect(countsLine(report, pc.createColors(false))).toContain(sentence)
    expect(toMarkdown(report).replaceAll('\\', '')).toContain(sentence)
  },
)
