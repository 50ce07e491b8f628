import type { Outcome, Report } from '../../harness/model.ts'

/** Names inside the document. They are numbers, so that nothing of the report's content gets into an attribute. */
export interface Anchors {
  readonly check: (outcome: Outcome) => string
  readonly finding: (outcome: Outcome) => string
}

export function anchorsOf(report: Report): Anchors {
  const positions = new Map(report.outcomes.map((outcome, position) => [outcome, position + 1]))
  return {
    check: (outcome) => `check-${positions.get(outcome) ?? 0}`,
    finding: (outcome) => `finding-${positions.get(outcome) ?? 0}`,
  }
}
