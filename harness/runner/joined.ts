import { keyOf } from '../baseline/baseline-file.ts'
import type { Finding, Leftovers, Outcome, Report, Shard, VariantOutcome, Verdict } from '../model.ts'

/** The report of one of the machines that shared a run. */
export interface PartReport {
  readonly file: string
  readonly report: Report
  readonly shard: Shard
}

/** Of one check that several have looked at, the first of these that any of them has. */
const weightiest: readonly Verdict[] = ['fail', 'error', 'unproven', 'pass', 'held-back', 'not-applicable']
const weightiestState: readonly VariantOutcome['state'][] = [
  'violated',
  'unjudged',
  'held',
  'held-back',
  'not-applicable',
]

/**
 * Each check once, in the order of ids, and what foreign tools say apart from ours. Nothing is accepted: by what the whole is judged is not
 * the parts’ to say.
 */
export function joinedOutcomes(reports: readonly Report[]): {
  readonly ours: Outcome[]
  readonly zaps: Outcome[]
} {
  const all = reports.flatMap(({ outcomes }) => outcomes).map(unjudged)
  const byCheck = Map.groupBy(
    all.filter(({ judge }) => judge === null),
    ({ check }) => check,
  )
  const sorted = [...byCheck.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    ours: sorted.map(([, [first, ...more]]) => more.reduce(joined, first as Outcome)),
    zaps: all.filter(({ judge }) => judge !== null),
  }
}

function unjudged(outcome: Outcome): Outcome {
  return { ...outcome, findings: outcome.findings.map(({ accepted: _, ...finding }) => finding) }
}

/** What two machines came to that both looked at it: what either has found is found. */
function joined(one: Outcome, other: Outcome): Outcome {
  const [first, second] =
    weightiest.indexOf(one.verdict) <= weightiest.indexOf(other.verdict) ? [one, other] : [other, one]
  const findingKey = (finding: Finding) => keyOf({ check: one.check, ...finding })
  const known = new Set(first.findings.map(findingKey))
  const reasons = [first, second].flatMap(({ reason, verdict }) =>
    // What was not there for one of them was for the other.
    reason === null || (verdict === 'not-applicable' && first.verdict !== verdict) ? [] : [reason],
  )
  return {
    ...first,
    findings: [...first.findings, ...second.findings.filter((finding) => !known.has(findingKey(finding)))],
    variants: joinedVariants(first.variants, second.variants),
    reason: reasons.length === 0 ? null : [...new Set(reasons)].join('; '),
    requests: one.requests + other.requests,
    milliseconds: one.milliseconds + other.milliseconds,
  }
}

function joinedVariants(
  one: readonly VariantOutcome[],
  other: readonly VariantOutcome[],
): readonly VariantOutcome[] {
  const byName = Map.groupBy([...one, ...other], ({ name }) => name)
  const rank = ({ state }: VariantOutcome) => weightiestState.indexOf(state)
  return [...byName.values()].map((same) =>
    same.reduce((best, each) => (rank(each) < rank(best) ? each : best)),
  )
}

/**
 * What wants the target to itself and passed while another machine was at it has proved nothing. Of machines that share a target alone; a
 * finding rests on its evidence and stays.
 */
export function undisturbed(outcomes: readonly Outcome[], parts: readonly PartReport[]): Outcome[] {
  const apart = parts.find(({ shard }) => shard.last)
  if (apart === undefined) return [...outcomes]
  const began = Date.parse(apart.report.startedAt)
  const beside = parts.find((part) => part !== apart && Date.parse(part.report.finishedAt) > began)
  if (beside === undefined) return [...outcomes]
  const { index, of } = apart.shard
  const reason = `it wants the target to itself, and shard ${beside.shard.index} was at it until ${beside.report.finishedAt}: run --shard ${index}/${of} when the others have ended`
  const isApart = new Set(apart.report.outcomes.map(({ check }) => check))
  const elsewhere = new Set(
    parts.flatMap((part) => (part === apart ? [] : part.report.outcomes.map(({ check }) => check))),
  )
  return outcomes.map((outcome) =>
    outcome.verdict === 'pass' && isApart.has(outcome.check) && !elsewhere.has(outcome.check)
      ? { ...outcome, verdict: 'unproven', reason }
      : outcome,
  )
}

/** From when the first began until the last had ended. */
export function spanOf(reports: readonly Report[]): Pick<Report, 'startedAt' | 'finishedAt'> {
  const [startedAt = ''] = reports.map((report) => report.startedAt).sort()
  const finishedAt =
    reports
      .map((report) => report.finishedAt)
      .sort()
      .at(-1) ?? ''
  return { startedAt, finishedAt }
}

/** What none of them was to look at. */
export function notSelectedIn(reports: readonly Report[]): string[] {
  const [first, ...others] = reports.map(({ notSelected }) => notSelected)
  const sets = others.map((ids) => new Set(ids))
  return (first ?? []).filter((id) => sets.every((ids) => ids.has(id)))
}

/** `null` where one of them does not know what it has left. */
export function joinedLeftovers(parts: readonly PartReport[]): Leftovers | null {
  const all: Leftovers[] = []
  for (const { report, shard } of parts) {
    const { leftovers } = report
    if (leftovers === null) return null
    all.push({ ...leftovers, lines: leftovers.lines.map((line) => `shard ${shard.index}: ${line}`) })
  }
  return {
    objects: all.reduce((sum, { objects }) => sum + objects, 0),
    lines: all.flatMap(({ lines }) => lines),
    lost: all.some(({ lost }) => lost),
    mails: all.reduce((sum, { mails }) => sum + mails, 0),
  }
}
