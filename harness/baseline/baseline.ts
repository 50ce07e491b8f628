import { existsSync } from 'node:fs'
import { replaceFile } from '../../reports/replace-file.ts'
import { sentence } from '../../reports/visible.ts'
import { plural } from '../../reports/wording.ts'
import { type Report, type Severity, severities } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { didYouMean } from '../profile/nearest.ts'
import { checkFiles } from '../runner/checks.ts'
import {
  type AcceptedFinding,
  baselineText,
  isDay,
  keyOf,
  largest,
  mayBeAccepted,
  readBaseline,
  today,
  type WorstFinding,
  worstByKey,
} from './baseline-file.ts'
import { readReport } from './read-report.ts'

export interface BaselineOptions {
  readonly report: string
  readonly out: string
  readonly reason: string
  readonly owner: string
  readonly until: string
  readonly check?: readonly string[]
}

/**
 * Writes the findings of a report into a file of accepted ones, beside those that stand there already. These stay as they are, but
 * for those that accept the finding no longer: their day is over, or it weighs more. Throws UsageError for a report or a file that
 * cannot be read.
 */
export async function baseline(options: BaselineOptions): Promise<0> {
  const { out, reason, owner, until } = options
  for (const [flag, text] of Object.entries({ reason, owner }))
    if (text.trim() === '')
      throw new UsageError(`--${flag}: expected a few words; seen none; whoever reads the file wants to know`)
  const day = today()
  if (!isDay(until) || until < day)
    throw new UsageError(
      `--until: expected a day from ${day} on, such as 2026-12-31; seen ${sentence(until, 40)}; write it so`,
    )
  const known = [...(await checkFiles()).keys()]
  for (const check of options.check ?? [])
    if (!mayBeAccepted(check, known))
      throw new UsageError(
        `--check: expected the id of a check; seen ${sentence(check, 60)}${didYouMean(check, known) || '; postern checks lists them'}`,
      )
  const report = await readReport(options.report, '--report')
  const before = existsSync(out) ? await readBaseline(out, known, '--out') : []
  const found = Map.groupBy(findingsOf(report, options.check), ({ check }) => mayBeAccepted(check, known))
  const accepted = new Map(before.filter(({ until }) => until >= day).map((entry) => [keyOf(entry), entry]))
  const added = (found.get(true) ?? [])
    .filter((finding) => weighsMore(finding, accepted.get(keyOf(finding))))
    .map((finding): AcceptedFinding => ({ ...finding, reason, owner, until }))
  const anew = new Set(added.map(keyOf))
  const kept = before.filter((entry) => !anew.has(keyOf(entry)))
  const text = baselineText([...kept, ...added])
  if (Buffer.byteLength(text) > largest)
    throw new UsageError(
      `--report: expected findings that a file of ${largest} bytes has room for; seen ${kept.length + added.length}; accept those of some checks (--check), or mend the target first`,
    )
  await replaceFile(out, text).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`--out: expected a file to write; seen ${out} (${code}); name another`)
  })
  const beside = before.length === 0 ? '' : `, beside ${kept.length} that stood there`
  console.log(
    `${out}: ${plural(added.length, 'finding')} accepted until ${until}${beside}; postern run --baseline ${out}`,
  )
  for (const check of new Set(found.get(false)?.map(({ check }) => check)))
    console.log(`! left out: ${sentence(check, 60)}, which is no check of this release`)
  return 0
}

function weighsMore(
  { severity }: { readonly severity: Severity },
  entry: AcceptedFinding | undefined,
): boolean {
  return entry === undefined || severities.indexOf(severity) > severities.indexOf(entry.severity)
}

/** Each by what it is known again by, with the worst that it was; of these checks alone, where any are named. */
function findingsOf({ outcomes }: Report, only: readonly string[] = []): WorstFinding[] {
  const chosen = outcomes.filter(({ check }) => only.length === 0 || only.includes(check))
  return [...worstByKey(chosen).values()]
}
