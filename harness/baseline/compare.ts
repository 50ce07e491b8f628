import { sentence } from '../../reports/visible.ts'
import { atLeast, placeOf, plural } from '../../reports/wording.ts'
import {
  type Change,
  type ChangedFinding,
  changes,
  type FindingKey,
  type Outcome,
  type Previous,
  type Report,
  type Severity,
  severities,
} from '../model.ts'
import { worstByKey } from './baseline-file.ts'
import { wasLookedAt } from './looked-at.ts'
import { readReport } from './read-report.ts'

/** Of what nobody knows whether it is new, somebody is to be told. */
const worse: readonly Change[] = ['new', 'first looked at', 'heavier']

export interface CompareOptions {
  readonly failOn: Severity
  readonly json?: true
}

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

/**
 * Compares two `report.json` and prints what is new, heavier, lighter, mended and not looked at before or now. 0 where nothing is worse, 1 where
 * something at or above the threshold is new or heavier, 2 where the second run cannot be relied on. Throws UsageError.
 */
export async function compare(
  first: string,
  second: string,
  { failOn, json }: CompareOptions,
): Promise<0 | 1 | 2> {
  const [before, after] = await Promise.all([
    readReport(first, 'the first'),
    readReport(second, 'the second'),
  ])
  const all = compared(before, after)
  if (json === true) console.log(JSON.stringify(all, null, 2))
  else console.log(table(all, before, after))
  const isWorse = all.some(
    ({ change, after: now }) => worse.includes(change) && now !== null && atLeast(now, failOn),
  )
  if (isWorse) return 1
  return after.complete ? 0 : 2
}

function table(all: readonly ChangedFinding[], before: Report, after: Report): string {
  const counts = changes.map((change) => `${all.filter((each) => each.change === change).length} ${change}`)
  const shown = changes
    .filter((change) => change !== 'unchanged')
    .flatMap((change) => all.filter((each) => each.change === change))
  const lines = shown.map(({ change, check, operation, variant, before, after }) => {
    const weight =
      before === null || after === null || before === after ? (after ?? before) : `${before} → ${after}`
    return `${change.padEnd(15)}  ${String(weight).padEnd(17)}  ${sentence(`${check}: ${placeOf({ operation, variant })}`, 200)}`
  })
  const other =
    before.target.url === after.target.url
      ? []
      : [
          `! the runs were of different targets: ${sentence(before.target.url)} and ${sentence(after.target.url)}`,
        ]
  const partial = after.complete ? [] : ['! the second run stopped before its end']
  return [...lines, `${plural(all.length, 'finding')}: ${counts.join(', ')}`, ...other, ...partial].join('\n')
}
