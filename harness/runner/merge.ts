import path from 'node:path'
import { applied } from '../baseline/apply.ts'
import { today } from '../baseline/baseline-file.ts'
import { previousOf } from '../baseline/changes.ts'
import { readReport } from '../baseline/read-report.ts'
import type { Report, Severity } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { withoutSeenTwice } from '../zap/seen-twice.ts'
import {
  joinedLeftovers,
  joinedOutcomes,
  notSelectedIn,
  type PartReport,
  spanOf,
  undisturbed,
} from './joined.ts'
import { createPublisher } from './publisher.ts'
import { acceptedOf, assertWritable, earlierOf } from './run.ts'

export interface MergeOptions {
  /** As the parts have it, where it is left out. */
  readonly failOn?: Severity
  /** A file of accepted findings. */
  readonly baseline?: string
  /** The report.json of an earlier run. */
  readonly previous?: string
  /** Absolute path. */
  readonly out: string
}

/**
 * Joins the reports of all machines that shared a run, writes what that run would have written, and returns its exit code. Throws
 * UsageError for parts that are not the whole of one run, and Unavailable.
 */
export async function merge(files: readonly string[], options: MergeOptions): Promise<0 | 1 | 2> {
  const { out } = options
  const inTheWay = files.find((file) => path.resolve(file) === path.join(out, 'report.json'))
  if (inTheWay !== undefined)
    throw new UsageError(
      `--out: expected a folder without a part in it; seen ${inTheWay}, which would be replaced; name another`,
    )
  const [accepted, earlier] = [await acceptedOf(options), await earlierOf(options)]
  const parts: PartReport[] = []
  for (const file of files) parts.push(partIn(file, await readReport(file, file)))
  const whole = assertWhole(parts)
  const judged = whole.find(({ report }) => report.baseline !== null)
  if (judged !== undefined && accepted === null)
    throw new UsageError(
      `--baseline: expected the one by which ${judged.file} was judged (${judged.report.baseline?.file}); seen none; name it here as well`,
    )
  await assertWritable(out)

  const reports = whole.map(({ report }) => report)
  const { ours, zaps } = joinedOutcomes(reports)
  const all = undisturbed(withoutSeenTwice(ours, zaps), whole)
  const cut = whole.flatMap(({ report: { incompleteBecause }, shard }) =>
    incompleteBecause === null ? [] : [`shard ${shard.index} of ${shard.of}: ${incompleteBecause}`],
  )
  const { tool, target, driver, reach, seed, failOn } = whole[0].report
  const publisher = createPublisher(out)
  console.log(`postern ${tool.version}: ${files.length} parts of one run, reach ${reach}, seed ${seed}`)
  await publisher.found({
    ...{ schemaVersion: '2.3', tool, target, driver, reach, seed },
    complete: cut.length === 0,
    incompleteBecause: cut.length === 0 ? null : cut.join('; '),
    failOn: options.failOn ?? failOn,
    ...spanOf(reports),
    ...(accepted === null
      ? { outcomes: all, baseline: null }
      : applied(all, accepted.entries, accepted.file, today())),
    ...(earlier === null ? {} : { previous: previousOf(earlier, all) }),
    notSelected: notSelectedIn(reports),
  })
  const left = joinedLeftovers(whole)
  if (left !== null) await publisher.left(left)
  await publisher.summarise()
  return publisher.exitCode
}

function partIn(file: string, report: Report): PartReport {
  const { shard } = report
  if (shard === undefined)
    throw new UsageError(
      `${file}: expected the report of a run with --shard; seen that of a whole one; leave it out`,
    )
  return { file, report, shard }
}

/** In order. Throws UsageError unless they are all of one run, each once. */
export function assertWhole(parts: readonly PartReport[]): [PartReport, ...PartReport[]] {
  const [model] = parts
  if (model === undefined) throw new UsageError('expected the report.json of each part; seen none; name them')
  for (const part of parts) assertLike(part, model)
  const { of } = model.shard
  const byIndex = Map.groupBy(parts, ({ shard }) => shard.index)
  for (const [index, same] of byIndex)
    if (same.length > 1)
      throw new UsageError(
        `expected each part once; seen shard ${index} of ${of} in ${same.map(({ file }) => file).join(' and ')}; leave one of them out`,
      )
  const missing = Array.from({ length: of }, (_, at) => at + 1).filter((index) => !byIndex.has(index))
  if (missing.length > 0)
    throw new UsageError(
      `expected the reports of all ${of} shards; seen none of ${missing.map((index) => `${index}/${of}`).join(', ')}; run postern run --shard ${missing[0]}/${of}, or name its report.json as well`,
    )
  const [first, ...others] = parts.toSorted((a, b) => a.shard.index - b.shard.index)
  if (first === undefined) throw new Error('expected a part')
  assertEachOnce([first, ...others])
  return [first, ...others]
}

/** What the parts of one run have in common, in the words of whoever is to compare them. */
const common: readonly (readonly [what: string, of: (report: Report) => unknown])[] = [
  ['target', ({ target }) => target.name],
  ['version of postern', ({ tool }) => tool.version],
  ['number of shards', ({ shard }) => shard?.of],
  ['reach', ({ reach }) => reach],
  ['seed', ({ seed }) => seed],
  ['threshold (--fail-on)', ({ failOn }) => failOn],
  ['faults on purpose', ({ target }) => target.weaknesses.join(', ') || 'none'],
  ['URL of the target', ({ target, shard }) => (shard?.shared === true ? target.url : null)],
  [
    'profile, selection, checks or earlier report (--previous)',
    ({ shard }) => `digest ${shard?.digest.slice(0, 12)}`,
  ],
]

function assertLike({ file, report }: PartReport, model: PartReport): void {
  for (const [what, of] of common)
    if (of(report) !== of(model.report))
      throw new UsageError(
        `${file}: expected a part of the run of ${model.file}; seen another ${what} (${of(report)}, not ${of(model.report)}); run both alike, or leave one of them out`,
      )
}

/** A check is in one part, or in all of them. Throws UsageError: somebody has changed what a run had written. */
function assertEachOnce(parts: readonly PartReport[]): void {
  const owners = new Map<string, PartReport[]>()
  for (const part of parts)
    for (const { check } of part.report.outcomes.filter(({ judge }) => judge === null))
      owners.set(check, [...(owners.get(check) ?? []), part])
  for (const [check, all] of owners)
    if (all.length > 1 && all.length < parts.length)
      throw new UsageError(
        `expected ${check} in one part; seen it in ${all.map(({ file }) => file).join(' and ')}; run them again`,
      )
  const selected = new Set(notSelectedIn(parts.map(({ report }) => report)))
  for (const { file, report } of parts)
    for (const check of report.notSelected)
      if (!selected.has(check) && !owners.has(check) && !check.startsWith('zap/'))
        throw new UsageError(
          `expected ${check} in one of the parts, since ${file} leaves it to the others; seen it in none; run them again`,
        )
}
