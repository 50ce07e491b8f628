import type { Outcome, Reach, Remediation, Report, Severity, Verdict } from '../harness/model.ts'
import { severities, verdicts } from '../harness/model.ts'

/** The verdicts in words that a reader who never saw this tool understands. */
export const verdictWords: Record<Verdict, { readonly label: string; readonly meaning: string }> = {
  pass: {
    label: 'passed',
    meaning: 'The legitimate call worked, the attack was tried, and the property was seen to hold.',
  },
  fail: { label: 'failed', meaning: 'The property was seen to be broken; the evidence is in the finding.' },
  unproven: {
    label: 'unproven',
    meaning:
      'The check ran but could not come to an answer. It is not a pass: the reason says what would settle it.',
  },
  error: {
    label: 'error',
    meaning: 'The check itself broke. It says nothing about the target.',
  },
  'not-applicable': {
    label: 'not applicable',
    meaning:
      'The profile does not declare something that the check needs, so nothing was sent. It is not a pass.',
  },
}

export const reachWords: Record<Reach, string> = {
  safe: 'reads, and sends one harmless message',
  intrusive: 'also writes throw-away objects and sends attack inputs',
  disruptive: 'also tries what may hurt: load, lock-outs, rotation',
}

/** How much work a remedy is to whoever knows the code. */
export const effortWords: Record<NonNullable<Remediation['effort']>, string> = {
  low: 'low, some hours',
  medium: 'medium, some days',
  high: 'high, some weeks',
}

/** A remedy as labelled texts, in order: `remedy`, `effort`, `before`, `after`. What nobody said is left out. */
export function remedyParts({
  effort,
  how,
  before,
  after,
}: Remediation): (readonly [label: string, text: string])[] {
  return [
    ['remedy', how],
    ...(effort === null ? [] : [['effort', effortWords[effort]] as const]),
    ...(before === undefined ? [] : [['before', before] as const]),
    ...(after === undefined ? [] : [['after', after] as const]),
  ]
}

/** The same as one plain text; code of several lines stands below its label. */
export function remedyText(remediation: Remediation): string {
  return remedyParts(remediation)
    .map(([label, text]) => `${label}:${text.includes('\n') ? '\n' : ' '}${text}`)
    .join('\n')
}

export const descendingSeverities: readonly Severity[] = [...severities].reverse()

/** Verdicts in the order in which a reader wants them. */
export const verdictOrder: readonly Verdict[] = ['fail', 'error', 'unproven', 'pass', 'not-applicable']

export function countVerdicts(outcomes: readonly Outcome[]): Record<Verdict, number> {
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>
  for (const outcome of outcomes) counts[outcome.verdict] += 1
  return counts
}

export function countSeverities(outcomes: readonly Outcome[]): Record<Severity, number> {
  const counts = Object.fromEntries(severities.map((severity) => [severity, 0])) as Record<Severity, number>
  for (const finding of outcomes.flatMap((outcome) => outcome.findings)) counts[finding.severity] += 1
  return counts
}

/** `1 finding`, `3 findings`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The outcomes that hold findings, the worst first, then by name. */
export function withFindings(report: Report): Outcome[] {
  return report.outcomes
    .filter((outcome) => outcome.findings.length > 0)
    .toSorted((a, b) => worstOf(b) - worstOf(a) || a.check.localeCompare(b.check))
}

/** The rank of an outcome's worst finding. */
export function worstOf(outcome: Outcome): number {
  return Math.max(...outcome.findings.map((finding) => severities.indexOf(finding.severity)))
}

/** `412 ms`, `3.2 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `2026-11-23 22:50:28 UTC`, or the text as it is where it is no date. */
export function moment(iso: string): string {
  return Number.isNaN(Date.parse(iso))
    ? iso
    : `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** The first part of a check's id: the suite it belongs to. */
export function suiteOf(check: string): string {
  return check.split('/', 1)[0] ?? check
}

function nothingFound(report: Report): string {
  const counts = countVerdicts(report.outcomes)
  if (counts.pass === 0) return 'Nothing could be tested, so nothing is known about the target.'
  return counts.unproven > 0
    ? `No violation was found; ${plural(counts.unproven, 'check')} below ${report.failOn} came to no answer.`
    : 'No violation was found, and everything applicable was proven.'
}

/** One sentence: what the run says. */
export function conclusion(report: Report): string {
  const found = report.outcomes.flatMap((outcome) => outcome.findings).length
  const violated = withFindings(report).length
  if (!report.complete) return 'This run stopped before its end. Its result cannot be relied on.'
  if (report.exitCode === 2) return 'The result of this run cannot be relied on.'
  if (report.exitCode === 1) {
    return `The target violates ${violated === 1 ? '1 property' : `${violated} properties`} that it must hold.`
  }
  return found > 0
    ? `Nothing at or above ${report.failOn} was found; ${plural(found, 'finding')} below it.`
    : nothingFound(report)
}
