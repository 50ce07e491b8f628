import type {
  Acceptance,
  ChangedFinding,
  Finding,
  Outcome,
  Reach,
  Remediation,
  Report,
  Severity,
  Verdict,
} from '../harness/model.ts'
import { changes, severities, verdicts } from '../harness/model.ts'

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
  'held-back': {
    label: 'held back',
    meaning:
      'The check applies and was not run: it goes beyond the reach that the run was allowed. It is not a pass.',
  },
}

export const reachWords: Record<Reach, string> = {
  safe: 'reads, and sends harmless mail to the sandbox',
  intrusive: 'also writes throw-away objects and sends attack inputs',
  disruptive: 'also tries what may hurt: load, lock-outs, rotation',
}

/** As other programs write them. */
export const severityNames = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
} as const satisfies Record<Severity, string>

/** `CWE-93`, of all that a check refers to. */
export function cwesOf(references: readonly string[]): string[] {
  return references.filter((reference) => /^CWE-\d+$/.test(reference))
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

/** Where something was found: the operation and the variant, which is said once where the variant is the operation, or of it. */
export function placeOf({ operation, variant }: Pick<Finding, 'operation' | 'variant'>): string {
  if (variant === null) return operation
  return variant.split(/[ ,]/)[0] === operation ? variant : `${operation}, ${variant}`
}

/**
 * A sentence in which recipients that a check made up are named by their part alone, `hidden@…`: all of it stands in the evidence, and
 * nobody reads 32 digits.
 */
export function shortened(text: string): string {
  return text.replace(/\b([a-z]+(?:-[a-z]+)*)-[0-9a-f]{16,64}@[\w.-]+/g, '$1@…')
}

export function atLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(threshold)
}

export const descendingSeverities: readonly Severity[] = [...severities].reverse()

/** Verdicts in the order in which a reader wants them. */
export const verdictOrder: readonly Verdict[] = [
  'fail',
  'error',
  'unproven',
  'pass',
  'held-back',
  'not-applicable',
]

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

/** `one, another and 3 more`. */
export function few(names: readonly string[], most: number): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** `1 finding`, `3 findings`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The outcomes that hold findings, the worst first, then by name; those that are accepted come last. */
export function withFindings(report: Report): Outcome[] {
  return report.outcomes
    .filter((outcome) => outcome.findings.length > 0)
    .toSorted(
      (a, b) =>
        Number(isAccepted(a)) - Number(isAccepted(b)) ||
        worstOf(b) - worstOf(a) ||
        a.check.localeCompare(b.check),
    )
}

/** The rank of an outcome's worst finding. */
export function worstOf(outcome: Outcome): number {
  return Math.max(...outcome.findings.map((finding) => severities.indexOf(finding.severity)))
}

/** The rank of a finding; what is accepted gives way to all that is not. */
export function weightOf({ accepted, severity }: Finding): number {
  return severities.indexOf(severity) - (accepted === undefined ? 0 : severities.length)
}

export function worstSeverity(outcome: Outcome): Severity {
  return severities[worstOf(outcome)] ?? outcome.severity
}

/** `412 ms`, `3.2 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `2026-11-23 22:50:28 UTC`, or the text as it is where it is no date. */
export function moment(iso: string | number): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? `${iso}` : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** The first part of a check's id: the suite it belongs to. */
export function suiteOf(check: string): string {
  return check.split('/', 1)[0] ?? check
}

/** How many checks were held back, by the reach or by choice, and of how many. */
export function countHeldBack({ outcomes, notSelected }: Report): {
  readonly held: number
  readonly of: number
} {
  const held = countVerdicts(outcomes)['held-back'] + notSelected.length
  return { held, of: outcomes.length + notSelected.length }
}

/** `2 of 4`. */
export function placeOfShard({ index, of }: NonNullable<Report['shard']>): string {
  return `${index} of ${of}`
}

function heldBackText(report: Report): string | null {
  const { notSelected, reach } = report
  const { held, of } = countHeldBack(report)
  if (held === 0) return null
  const byReach = held - notSelected.length
  const { shard } = report
  const elsewhere =
    shard === undefined || shard.of === 1
      ? 'not selected'
      : `not selected, or not of shard ${placeOfShard(shard)}`
  if (byReach === 0) return `${held} of ${plural(of, 'check')} were ${elsewhere}.`
  const why =
    notSelected.length === 0
      ? `beyond reach ${reach}`
      : `${byReach} beyond reach ${reach}, ${notSelected.length} ${elsewhere}`
  return `${held} of ${plural(of, 'check')} were held back: ${why}.`
}

/** What the run has left at the target, a sentence each, or that nobody knows it; empty where nothing stays. */
export function leftoverTexts({ leftovers }: Report): string[] {
  if (leftovers === null)
    return [
      'What the run has left at the target is not known: it had not yet cleaned up when this was written.',
    ]
  const { objects, lines, mails } = leftovers
  return [
    ...(objects === 0
      ? []
      : [`${plural(objects, 'object')} of the run ${objects === 1 ? 'stays' : 'stay'} at the target.`]),
    ...lines,
    ...(mails === 0
      ? []
      : [
          `Mail for ${plural(mails, 'recipient')} was accepted by the target and had not come when the run ended: it may be in its queue or store, and be sent later.`,
        ]),
  ]
}

/** Each entry of the baseline that does not hold, and what to do with it. */
export function staleTexts({ baseline }: Pick<Report, 'baseline'>): string[] {
  return (baseline?.stale ?? []).map(({ check, operation, variant, why, owner, until }) => {
    const place = `${check}, ${placeOf({ operation, variant })}`
    return why === 'expired'
      ? `${baseline?.file}: what ${owner} accepted until ${until} is over (${place}): mend it, or accept it anew.`
      : `${baseline?.file}: what ${owner} accepted is no more (${place}): take the entry out.`
  })
}

/** `accepted until 2026-12-31 by mail-team: behind a VPN`. */
export function acceptanceText({ until, owner, reason }: Acceptance): string {
  return `accepted until ${until} by ${owner}: ${reason}`
}

/** `Against the run of 2026-11-23 22:50:28 UTC: 2 new, 1 mended, 3 unchanged.`; `null` where the run was told of none. */
export function previousText({ previous }: Pick<Report, 'previous'>): string | null {
  if (previous === undefined) return null
  const { changed, unchanged } = previous
  const counts = changes.map((change) => {
    const count = change === 'unchanged' ? unchanged : changed.filter((each) => each.change === change).length
    return { change, count }
  })
  const said = counts.filter(({ count }) => count > 0).map(({ change, count }) => `${count} ${change}`)
  return `Against the run of ${moment(previous.startedAt)}: ${said.join(', ') || 'nothing was found in either'}.`
}

/** What it weighed and weighs where these differ, else its one severity. */
export function weightsOf({ before, after }: Pick<ChangedFinding, 'before' | 'after'>): Severity[] {
  const weights = [before, after].filter((weight) => weight !== null)
  return [...new Set(weights)]
}

/** Those that somebody has to mend. */
export function unaccepted(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ accepted }) => accepted === undefined)
}

/** Nothing of it is for anybody to mend now: each of its findings is accepted. */
export function isAccepted({ findings }: Pick<Outcome, 'findings'>): boolean {
  return findings.length > 0 && unaccepted(findings).length === 0
}

function nothingFound(report: Report, others: string): string {
  const counts = countVerdicts(report.outcomes)
  if (counts.pass === 0) return `Nothing could be tested${others}, so nothing is known about the target.`
  return counts.unproven > 0
    ? `No violation was found${others}; ${plural(counts.unproven, 'check')} below ${report.failOn} came to no answer.`
    : `No violation was found${others}, and everything applicable${others === '' ? '' : ' among them'} was proven.`
}

/** What the run says, the first sentence first of all. Where nothing was found, what was held back comes before that. */
export function conclusions(report: Report): [first: string, second: string | null] {
  const heldBack = heldBackText(report)
  if (report.exitCode !== 0) return [bad(report), heldBack]
  const all = report.outcomes.flatMap((outcome) => outcome.findings)
  const found = unaccepted(all).length
  const others = heldBack === null ? '' : ' in the others'
  const accepted = all.length - found
  const beside = accepted === 0 ? '' : `; ${plural(accepted, 'finding')} accepted`
  const below = found === 0 ? '' : `; ${plural(found, 'finding')} below it`
  const good =
    all.length > 0
      ? `Nothing${report.failOn === severities[0] ? '' : ` at or above ${report.failOn}`} was found${others}${accepted === 0 ? '' : ' that is not accepted'}${below}${beside}.`
      : nothingFound(report, others)
  return heldBack === null ? [good, null] : [heldBack, good]
}

/** What makes a run a failure. With a baseline, the lowest threshold lets nothing pass that is not in it: `--fail-on new` is that. */
export function failsOnText({ failOn, baseline }: Pick<Report, 'failOn' | 'baseline'>): string {
  if (failOn !== severities[0]) return `findings of severity ${failOn} or above`
  return baseline === null ? 'every finding' : 'every finding that the baseline does not accept'
}

/** The same in one line. */
export function conclusion(report: Report): string {
  return conclusions(report)
    .filter((text) => text !== null)
    .join(' ')
}

function bad(report: Report): string {
  if (!report.complete) return 'This run stopped before its end. Its result cannot be relied on.'
  if (report.exitCode === 2) return 'The result of this run cannot be relied on.'
  const counts = ({ accepted, severity }: Finding) =>
    accepted === undefined && atLeast(severity, report.failOn)
  const violated = withFindings(report).filter(({ findings }) => findings.some(counts)).length
  const others = report.outcomes.flatMap(({ findings }) => findings.filter((finding) => !counts(finding)))
  const below = unaccepted(others).length
  const accepted = others.length - below
  const advice = [
    ...(below === 0 ? [] : [`; ${plural(below, 'finding')} below ${report.failOn}`]),
    ...(accepted === 0 ? [] : [`; ${plural(accepted, 'finding')} accepted`]),
  ].join('')
  if (violated === 0) return `The baseline does not say what is so${advice}.`
  return `The target violates ${violated === 1 ? '1 property' : `${violated} properties`} that it must hold${advice}.`
}
