import { sentence } from '../../reports/visible.ts'
import { atLeast, placeOf, plural, weightsOf } from '../../reports/wording.ts'
import { type Change, type ChangedFinding, changes, type Report, type Severity } from '../model.ts'
import { compared } from './changes.ts'
import { readReport } from './read-report.ts'

/** Of what nobody knows whether it is new, somebody is to be told. */
const worse: readonly Change[] = ['new', 'first looked at', 'heavier']

export interface CompareOptions {
  readonly failOn: Severity
  readonly json?: true
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
  const lines = shown.map((each) => {
    const weight = weightsOf(each).join(' → ')
    return `${each.change.padEnd(15)}  ${weight.padEnd(17)}  ${sentence(`${each.check}: ${placeOf(each)}`, 200)}`
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
