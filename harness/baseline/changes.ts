import {
  type Change,
  type ChangedFinding,
  type FindingKey,
  type Outcome,
  type Previous,
  type Report,
  type Severity,
  severities,
} from '../model.ts'
import { worstByKey } from './baseline-file.ts'

type Run = Pick<Report, 'outcomes'>

/** What the second of two runs says of the findings of both. What it did not look at is not mended. */
export function compared(first: Run, second: Run): ChangedFinding[] {
  const [before, after] = [worstByKey(first.outcomes), worstByKey(second.outcomes)]
  const all = new Map([...before, ...after])
  return [...all].map(([key, { severity: _, ...of }]) => {
    const [then, now] = [before.get(key)?.severity ?? null, after.get(key)?.severity ?? null]
    return { ...of, before: then, after: now, change: changeOf(of, then, now, first, second) }
  })
}

function changeOf(
  of: FindingKey,
  then: Severity | null,
  now: Severity | null,
  first: Run,
  second: Run,
): Change {
  if (then === null) return wasLookedAt(of, first.outcomes) ? 'new' : 'first looked at'
  if (now === null) return wasLookedAt(of, second.outcomes) ? 'mended' : 'not looked at'
  const by = severities.indexOf(now) - severities.indexOf(then)
  return by > 0 ? 'heavier' : by < 0 ? 'lighter' : 'unchanged'
}

/** What a report says of an earlier one. */
export function previousOf(earlier: Report, outcomes: readonly Outcome[]): Previous {
  const all = compared(earlier, { outcomes })
  const changed = all.filter(({ change }) => change !== 'unchanged')
  return { startedAt: earlier.startedAt, changed, unchanged: all.length - changed.length }
}

/** Whether a run looked at all of that, so that what it did not find is not there. What a foreign tool does not name any more has no outcome. */
export function wasLookedAt({ check, variant }: FindingKey, outcomes: readonly Outcome[]): boolean {
  const outcome = outcomes.find((each) => each.check === check)
  if (outcome === undefined || !['pass', 'fail'].includes(outcome.verdict)) return false
  const tried = outcome.variants.find(({ name }) => name === variant)
  if (tried !== undefined) return ['held', 'violated'].includes(tried.state) && tried.reason === null
  return outcome.verdict === 'pass' || outcome.reason === null
}
