import { existsSync } from 'node:fs'
import path from 'node:path'
import { toFleetPage } from '../../reports/fleet/page.ts'
import {
  exitCodeOf,
  type Service,
  standingOfService,
  summaryOf,
  worstFirst,
} from '../../reports/fleet/services.ts'
import { escapeUnseen } from '../../reports/json.ts'
import { replaceFile } from '../../reports/replace-file.ts'
import { sentence } from '../../reports/visible.ts'
import { moment, plural } from '../../reports/wording.ts'
import { readReport } from '../baseline/read-report.ts'
import { makeFolder } from '../make-folder.ts'
import type { Report } from '../model.ts'
import { Unavailable, UsageError } from '../obstacles.ts'
import { ProfileError, readProfile } from '../profile/profile.ts'
import { type FleetEntry, readFleet } from './fleet-file.ts'

/**
 * One page of many services by their finished reports, and fleet.json with the same, in the folder `out`. What cannot be read, is of something
 * else or is too old is told, and never counted as fine: 2 where there is any of that, else 1 where anything is violated. Throws
 * UsageError and Unavailable.
 */
export async function fleet(file: string, { out }: { readonly out: string }): Promise<0 | 1 | 2> {
  const now = new Date()
  const services: Service[] = []
  // One after the other: a report may be large, and what stays of it is little.
  for (const entry of await readFleet(path.resolve(file))) services.push(await serviceOf(entry, out, now))
  const sorted = worstFirst(services)
  const exitCode = exitCodeOf(services)
  const at = now.toISOString()
  const json = JSON.stringify({ at, exitCode, services: sorted }, null, 2)
  try {
    makeFolder(out)
    await replaceFile(path.join(out, 'fleet.html'), toFleetPage(sorted, at))
    await replaceFile(path.join(out, 'fleet.json'), `${escapeUnseen(json)}\n`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Unavailable(`--out: expected a folder to write to; seen ${out} (${code}); name another`)
  }
  for (const service of sorted) for (const line of linesOf(service)) console.log(line)
  console.log(`${plural(services.length, 'service')}: ${path.relative(process.cwd(), out) || '.'}/fleet.html`)
  return exitCode
}

function linesOf(service: Service): string[] {
  const { name, problems, run } = service
  return [
    `${standingOfService(service).padEnd(8)}  ${sentence(name, 80)}${run === null ? '' : `: ${sentence(run.conclusion)}`}`,
    ...problems.map((problem) => `          ! ${sentence(problem)}`),
  ]
}

async function serviceOf(entry: FleetEntry, out: string, now: Date): Promise<Service> {
  const { name, owner } = entry
  const report = await readReport(entry.report, 'its report').catch((error: unknown) => error)
  if (report instanceof Error) {
    if (!(report instanceof UsageError)) throw report
    return { name, owner, href: null, problems: [report.message], run: null }
  }
  const read = report as Report
  return {
    ...{ name, owner },
    href: hrefOf(entry.report, out),
    problems: await problemsOf(read, entry, now),
    run: summaryOf(read),
  }
}

const day = 24 * 60 * 60 * 1000

async function problemsOf(report: Report, entry: FleetEntry, now: Date): Promise<string[]> {
  const { finishedAt, shard } = report
  const age = now.getTime() - Date.parse(finishedAt)
  const { maximumAge } = entry
  return [
    ...(age > maximumAge * day
      ? [
          `its report of ${moment(finishedAt)} is older than ${plural(maximumAge, 'day')}: nobody knows what is so now; run again`,
        ]
      : []),
    ...(age < -day
      ? [`its report is of a time to come (${moment(finishedAt)}): see the clock of who ran it`]
      : []),
    ...(shard === undefined
      ? []
      : [
          `its report is part ${shard.index} of ${shard.of}: join them by postern merge, and name the report of the whole`,
        ]),
    ...(await foreignness(report, entry)),
  ]
}

/** The report of a service is of the target that its profile describes. */
async function foreignness({ target }: Report, { profile }: FleetEntry): Promise<string[]> {
  if (profile === null) return []
  try {
    const { data } = await readProfile(profile)
    return data.name === target.name
      ? []
      : [`its report is of ${target.name}, and its profile describes ${data.name}: name the report of that`]
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error
    return [`its profile cannot be read: ${error.message.split('\n')[0]}`]
  }
}

/** The page beside the report, or else that itself, from where the fleet's page stands: a path, whatever is in its names. */
function hrefOf(report: string, out: string): string {
  const page = path.join(path.dirname(report), 'report.html')
  const relative = path.relative(out, existsSync(page) ? page : report)
  return `./${relative.split(path.sep).map(encodeURIComponent).join('/')}`
}
