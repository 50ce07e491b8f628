import type { Finding, Outcome, Report } from '../../harness/model.ts'
import { fingerprintOf } from '../fingerprint.ts'

/** Names inside the document, the same in each report, so that a link to a finding goes on leading there. */
export interface Anchors {
  readonly check: (outcome: Outcome) => string
  readonly violation: (outcome: Outcome) => string
  readonly finding: (outcome: Outcome, finding: Finding) => string
}

export function anchorsOf(report: Report): Anchors {
  const names = unique(report.outcomes, ({ check }) => slug(check))
  const nameOf = (outcome: Outcome) => names.get(outcome) ?? ''
  const findings = new Map(
    report.outcomes.flatMap((outcome) => [
      ...unique(outcome.findings, (finding) => fingerprintOf(outcome.check, finding).slice(0, 8)),
    ]),
  )
  return {
    check: (outcome) => `check-${nameOf(outcome)}`,
    violation: (outcome) => `finding-${nameOf(outcome)}`,
    finding: (outcome, finding) => `finding-${nameOf(outcome)}-${findings.get(finding) ?? ''}`,
  }
}

/** Letters and digits alone: nothing else of a report's content gets into an attribute. */
function slug(check: string): string {
  return check
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
}

/** A name each; those that would have the same are numbered from the second on. */
function unique<Item>(items: readonly Item[], name: (item: Item) => string): Map<Item, string> {
  const counts = new Map<string, number>()
  return new Map(
    items.map((item) => {
      const own = name(item)
      const count = (counts.get(own) ?? 0) + 1
      counts.set(own, count)
      return [item, count === 1 ? own : `${own}.${count}`]
    }),
  )
}
