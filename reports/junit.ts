import XmlBuilder from 'fast-xml-builder'
import type { Outcome, Report, Verdict } from '../harness/model.ts'
import { exceptions } from './variants.ts'
import { block, sentence } from './visible.ts'
import { remedyText, suiteOf } from './wording.ts'

type Element = { [name: string]: string | Element | Element[] }

/**
 * `junit.xml` in the dialect that Jenkins, GitLab and GitHub actions share: a suite of ours is a `testsuite`, a check is
 * a `testcase`. Unproven is an `error`, because a pipeline must not read it as a pass; not-applicable is `skipped`.
 */
export function toJunit(report: Report): string {
  const suites = Map.groupBy(report.outcomes, (outcome) => suiteOf(outcome.check))
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
      ...totals(report.outcomes, report.complete ? 0 : 1),
      testsuite: [
        ...[...suites].map(([suite, outcomes]) => testsuite(suite, outcomes, report.startedAt)),
        ...(report.complete ? [] : [unfinished(report)]),
      ],
    },
  })
}

function testsuite(suite: string, outcomes: readonly Outcome[], startedAt: string): Element {
  return {
    '@name': sentence(suite),
    ...totals(outcomes),
    // The dialect wants no zone here; the time is UTC.
    '@timestamp': sentence(startedAt.slice(0, 19)),
    testcase: outcomes.map((outcome) => ({
      '@name': sentence(outcome.title),
      '@classname': sentence(outcome.check.replaceAll('/', '.')),
      '@time': seconds(outcome.milliseconds),
      ...verdict(outcome),
    })),
  }
}

function verdict(outcome: Outcome): Element {
  const reason = outcome.reason ?? 'no reason was recorded'
  switch (outcome.verdict) {
    case 'pass':
      return {}
    case 'not-applicable':
      return { skipped: { '@message': sentence(reason) } }
    case 'fail':
      return {
        failure: {
          '@message': failureLine(outcome),
          '@type': outcome.severity,
          '#text': failureText(outcome),
        },
      }
    case 'unproven':
    case 'error':
      return {
        error: {
          '@message': `${outcome.verdict}: ${sentence(reason)}`,
          '@type': outcome.verdict,
          '#text': [block(reason), ...counts(outcome)].join('\n\n'),
        },
      }
  }
}

function counts({ variants }: Outcome): string[] {
  const found = exceptions(variants)
  return found === null ? [] : [found]
}

function failureLine(outcome: Outcome): string {
  const [first] = outcome.findings
  if (first === undefined) return 'failed without a finding'
  const more = outcome.findings.length > 1 ? ` (and ${outcome.findings.length - 1} more)` : ''
  return `${sentence(first.operation)}: expected ${sentence(first.expected)}; seen ${sentence(first.actual)}${more}`
}

function failureText(outcome: Outcome): string {
  const findings = outcome.findings.map((finding) =>
    [
      `${finding.severity}: ${sentence(finding.operation)}${finding.variant === null ? '' : `, ${sentence(finding.variant)}`}`,
      `expected: ${block(finding.expected)}`,
      `seen: ${block(finding.actual)}`,
      ...(finding.alsoSeenBy === undefined ? [] : [`also seen by: ${block(finding.alsoSeenBy.join(', '))}`]),
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

/** A suite of one error, so that a run which stopped early is red wherever only JUnit is read. */
function unfinished(report: Report): Element {
  const reason = report.incompleteBecause ?? 'no reason was recorded'
  return {
    '@name': 'run',
    ...totals([], 1),
    testcase: [
      {
        '@name': 'the run reaches its end',
        '@classname': 'run',
        '@time': '0.000',
        error: {
          '@message': `incomplete: ${sentence(reason)}`,
          '@type': 'incomplete',
          '#text': block(reason),
        },
      },
    ],
  }
}

/** `stopped` is 1 where the suite of the unfinished run is counted too. */
function totals(outcomes: readonly Outcome[], stopped: 0 | 1 = 0): Element {
  const count = (...verdicts: Verdict[]) =>
    outcomes.filter((outcome) => verdicts.includes(outcome.verdict)).length
  return {
    '@tests': `${outcomes.length + stopped}`,
    '@failures': `${count('fail')}`,
    '@errors': `${count('error', 'unproven') + stopped}`,
    '@skipped': `${count('not-applicable')}`,
    '@time': seconds(outcomes.reduce((sum, outcome) => sum + outcome.milliseconds, 0)),
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3)
}
