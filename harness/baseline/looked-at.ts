import type { FindingKey, Outcome } from '../model.ts'

/** Whether a run looked at all of that, so that what it did not find is not there. What a foreign tool does not name any more has no outcome. */
export function wasLookedAt({ check, variant }: FindingKey, outcomes: readonly Outcome[]): boolean {
  const outcome = outcomes.find((each) => each.check === check)
  if (outcome === undefined || !['pass', 'fail'].includes(outcome.verdict)) return false
  const tried = outcome.variants.find(({ name }) => name === variant)
  if (tried !== undefined) return ['held', 'violated'].includes(tried.state) && tried.reason === null
  return outcome.verdict === 'pass' || outcome.reason === null
}
