import { type BaselineUsed, type Finding, type Outcome, type StaleAcceptance, severities } from '../model.ts'
import { type AcceptedFinding, keyOf } from './baseline-file.ts'
import { wasLookedAt } from './changes.ts'

/**
 * The outcomes with what is accepted marked so, and the entries that do not hold. `day`: today, in UTC, as `2026-12-31`. What the run
 * did not look at says nothing of an entry.
 */
export function applied(
  outcomes: readonly Outcome[],
  entries: readonly AcceptedFinding[],
  file: string,
  day: string,
): { readonly outcomes: Outcome[]; readonly baseline: BaselineUsed } {
  const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]))
  const isOver = ({ until }: AcceptedFinding) => until < day
  const marked = (check: string, finding: Finding): Finding => {
    const entry = byKey.get(keyOf({ check, ...finding }))
    if (entry === undefined || isOver(entry)) return finding
    if (severities.indexOf(finding.severity) > severities.indexOf(entry.severity)) return finding
    const { reason, owner, until } = entry
    return { ...finding, accepted: { reason, owner, until } }
  }
  const all = outcomes.map((outcome) => ({
    ...outcome,
    findings: outcome.findings.map((finding) => marked(outcome.check, finding)),
  }))
  const stale = entries.flatMap((entry): StaleAcceptance[] => {
    const { check, operation, variant, owner, until } = entry
    const why = isOver(entry) ? 'expired' : isGone(entry, outcomes) ? 'gone' : null
    return why === null ? [] : [{ check, operation, variant, why, owner, until }]
  })
  const accepted = all.flatMap(({ findings }) => findings).filter((finding) => finding.accepted !== undefined)
  return { outcomes: all, baseline: { file, accepted: accepted.length, stale } }
}

/** It was looked at, and is not there. */
function isGone(entry: AcceptedFinding, outcomes: readonly Outcome[]): boolean {
  const findings = outcomes.find(({ check }) => check === entry.check)?.findings ?? []
  const isThere = findings.some((finding) => keyOf({ check: entry.check, ...finding }) === keyOf(entry))
  return !isThere && wasLookedAt(entry, outcomes)
}
