import XmlBuilder from 'fast-xml-builder'
import type { Outcome, Report, Severity } from '../harness/model.ts'
import { isBroken, standing, standingOf } from './exit.ts'
import { exceptions } from './variants.ts'
import { block, sentence } from './visible.ts'
import {
  acceptanceText,
  isAccepted,
  leftoverTexts,
  placeOf,
  remedyText,
  staleTexts,
  suiteOf,
  unaccepted,
  verdictWords,
} from './wording.ts'

type Element = { [name: string]: string | Element | Element[] }

/** One check, or something of the run as a whole. */
interface Testcase {
  readonly name: string
  readonly className: string
  readonly milliseconds: number
  /** Empty for a plain pass; at most one of `failure`, `error`, `skipped` and `system-out`. */
  readonly result: Element
}

/**
 * `junit.xml` in the dialect that Jenkins, GitLab and GitHub actions share: a suite of ours is a `testsuite`, a check is
 * a `testcase`. Something in it is red if and only if the run's exit code is not 0: findings below the threshold stand in
 * the output of a test that passed, and what was not proven below it is `skipped`, as is what was not run.
 */
export function toJunit(report: Report): string {
  const suites = Map.groupBy(report.outcomes, (outcome) => suiteOf(outcome.check))
  const cases = [...suites].map(
    ([suite, outcomes]) => [suite, outcomes.map((outcome) => testcase(outcome, report.failOn))] as const,
  )
  const all = [
    ...cases,
    [
      'run',
      ofRun(
        report,
        cases.flatMap(([, members]) => members),
      ),
    ] as const,
  ]
  const xml = new XmlBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    format: true,
    suppressEmptyNode: true,
  })
  return xml.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'Postern',
      ...totals(all.flatMap(([, members]) => members)),
      testsuite: all
        .filter(([, members]) => members.length > 0)
        .map(([suite, members]) => testsuite(suite, members, report.startedAt)),
    },
  })
}

function testsuite(name: string, cases: readonly Testcase[], startedAt: string): Element {
  return {
    '@name': sentence(name),
    ...totals(cases),
    // The dialect wants no zone here; the time is UTC.
    '@timestamp': sentence(startedAt.slice(0, 19)),
    testcase: cases.map(({ name, className, milliseconds, result }) => ({
      '@name': sentence(name),
      '@classname': sentence(className),
      '@time': seconds(milliseconds),
      ...result,
    })),
  }
}

function testcase(outcome: Outcome, failOn: Severity): Testcase {
  return {
    name: outcome.title,
    className: outcome.check.replaceAll('/', '.'),
    milliseconds: outcome.milliseconds,
    result: resultOf(outcome, failOn),
  }
}

function resultOf(outcome: Outcome, failOn: Severity): Element {
  const { verdict, severity } = outcome
  const reason = outcome.reason ?? 'no reason was recorded'
  switch (standingOf(outcome, failOn)) {
    case 'violated':
      return {
        failure: { '@message': failureLine(outcome), '@type': severity, '#text': failureText(outcome) },
      }
    case 'in doubt':
      return {
        error:
          verdict === 'unproven' || isBroken(outcome) ? errorOf(outcome, reason) : inPart(outcome, reason),
      }
    case 'tolerated': {
      const [accepted] = outcome.findings.flatMap(({ accepted }) => accepted ?? [])
      return accepted !== undefined && isAccepted(outcome)
        ? { skipped: { '@message': sentence(acceptanceText(accepted)), '#text': failureText(outcome) } }
        : { 'system-out': `below ${failOn}: ${failureText(outcome)}` }
    }
    case 'held':
      return {}
    case 'open': {
      const below = verdict === 'unproven' ? ` below ${failOn}` : ''
      return { skipped: { '@message': `${verdictWords[verdict].label}${below}: ${sentence(reason)}` } }
    }
  }
}

function inPart(outcome: Outcome, reason: string): Element {
  return {
    '@message': `judged in part: ${sentence(reason)}`,
    '@type': 'judged-in-part',
    '#text': failureText(outcome),
  }
}

function errorOf(outcome: Outcome, reason: string): Element {
  return {
    '@message': `${outcome.verdict}: ${sentence(reason)}`,
    '@type': outcome.verdict,
    '#text': [block(reason), ...counts(outcome)].join('\n\n'),
  }
}

function counts({ variants }: Outcome): string[] {
  const found = exceptions(variants)
  return found === null ? [] : [found]
}

function failureLine(outcome: Outcome): string {
  const [first] = unaccepted(outcome.findings)
  if (first === undefined) return 'failed without a finding'
  const more = outcome.findings.length > 1 ? ` (and ${outcome.findings.length - 1} more)` : ''
  return `${sentence(first.operation)}: expected ${sentence(first.expected)}; seen ${sentence(first.actual)}${more}`
}

function failureText(outcome: Outcome): string {
  const findings = outcome.findings.map((finding) =>
    [
      `${finding.severity}: ${sentence(placeOf(finding))}`,
      `expected: ${block(finding.expected)}`,
      `seen: ${block(finding.actual)}`,
      ...(finding.alsoSeenBy === undefined ? [] : [`also seen by: ${block(finding.alsoSeenBy.join(', '))}`]),
      ...(finding.accepted === undefined ? [] : [block(acceptanceText(finding.accepted))]),
      `reproduce: ${block(finding.reproduce)}`,
    ].join('\n'),
  )
  return [
    ...findings,
    ...counts(outcome),
    ...(outcome.reason === null ? [] : [block(outcome.reason)]),
    `why: ${block(outcome.why)}`,
    block(remedyText(outcome.remediation)),
  ].join('\n\n')
}

/** So that a run which says nothing is red wherever only JUnit is read, and what it has left is seen there. */
function ofRun(report: Report, cases: readonly Testcase[]): Testcase[] {
  const left = leftoverTexts(report).map((text) => sentence(text))
  const red = cases.some(({ result }) => 'failure' in result || 'error' in result)
  const doubts = standing(report).doubts.join(' ')
  const about = { className: 'run', milliseconds: 0 }
  const stale = staleTexts(report)
  return [
    ...(stale.length === 0
      ? []
      : [
          {
            ...about,
            name: 'the baseline says what is so',
            result: {
              failure: {
                '@message': sentence(stale.join(' ')),
                '@type': 'baseline',
                '#text': block(stale.join('\n')),
              },
            },
          },
        ]),
    ...(report.complete && (red || stale.length > 0 || report.exitCode === 0)
      ? []
      : [{ ...about, name: 'the run can be relied on', result: { error: unreliable(report, doubts) } }]),
    ...(left.length === 0
      ? []
      : [
          {
            ...about,
            name: 'nothing of the run is left at the target',
            result: { skipped: { '@message': left.join(' ') } },
          },
        ]),
  ]
}

function unreliable({ complete, incompleteBecause }: Report, doubts: string): Element {
  const reason = complete ? doubts : (incompleteBecause ?? 'no reason was recorded')
  const type = complete ? 'unreliable' : 'incomplete'
  return { '@message': `${type}: ${sentence(reason)}`, '@type': type, '#text': block(reason) }
}

function totals(cases: readonly Testcase[]): Element {
  const count = (kind: string) => cases.filter(({ result }) => kind in result).length
  return {
    '@tests': `${cases.length}`,
    '@failures': `${count('failure')}`,
    '@errors': `${count('error')}`,
    '@skipped': `${count('skipped')}`,
    '@time': seconds(cases.reduce((sum, { milliseconds }) => sum + milliseconds, 0)),
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3)
}
