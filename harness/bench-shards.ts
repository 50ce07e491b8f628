/**
 * `npm run bench -- shards`: a selection of checks, one at a time, against embedded targets that take 50 ms for each answer: on one machine,
 * and shared by 2, 4 and 8, which run one after the other here, so that what each takes is its own. Times are of the checks, by the reports'
 * own clocks. `npm run bench -- shards 8` is of one number alone. `--at-least 80`: fails where shares are balanced worse than that, in
 * percent, by the times of the first run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome, Report } from './model.ts'
import { collectChecks } from './runner/checks.ts'
import { isInBrowser, root } from './tree.ts'

/** Of which the checks wait for answers and mail, without windows of limits or a browser. */
const suites = ['access', 'discovery', 'headers', 'injection', 'keys']
const answerDelay = 50

interface Ran {
  readonly report: Report
  /** The whole process, in milliseconds. */
  readonly wall: number
}

async function postern(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['harness/postern.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? -1
}

async function run(out: string, flags: readonly string[]): Promise<Ran> {
  const started = performance.now()
  const code = await postern([
    'run',
    '--at-once',
    '1',
    '--answer-delay',
    `${answerDelay}`,
    '--out',
    out,
    ...flags,
  ])
  if (code !== 0) console.log(`  exit code ${code}: ${out}`)
  return { report: await readAt(out), wall: performance.now() - started }
}

async function readAt(out: string): Promise<Report> {
  return JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0)
const spent = ({ outcomes }: Report) => sum(outcomes.map(({ milliseconds }) => milliseconds))
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`
const percent = (share: number) => `${(100 * share).toFixed(0)} %`
const verdicts = (outcomes: readonly Outcome[]) =>
  outcomes.map(({ check, verdict }) => `${check} ${verdict}`).join()

/** Whether every number of machines was balanced at least so well, in percent; always where nothing was asked. */
export async function measureShards(atLeast: number, asked: readonly number[]): Promise<boolean> {
  const numbers = asked.length > 0 ? asked : [2, 4, 8]
  const folder = await mkdtemp(join(tmpdir(), 'postern-shards-'))
  try {
    const checks = (await collectChecks(suites)).filter(
      ({ exclusive, file }) => exclusive !== true && !isInBrowser(file),
    )
    const selected = ['--seed', '1', ...checks.flatMap(({ id }) => ['--check', id])]
    const first = join(folder, 'one')
    const { report: one, wall } = await run(first, selected)
    const took = new Map(one.outcomes.map(({ check, milliseconds }) => [check, milliseconds]))
    const longest = Math.max(...took.values())
    console.log(
      `one machine: ${checks.length} checks, one at a time, ${answerDelay} ms an answer: ${seconds(spent(one))}, the longest ${seconds(longest)}; the process ${seconds(wall)}`,
    )
    let isBalanced = true
    for (const of of numbers) {
      const parts: Ran[] = []
      const folders = Array.from({ length: of }, (_, at) => join(folder, `${at + 1}-of-${of}`))
      for (const [at, out] of folders.entries())
        parts.push(
          await run(out, [
            ...selected,
            '--previous',
            join(first, 'report.json'),
            '--shard',
            `${at + 1}/${of}`,
          ]),
        )
      const merged = join(folder, `merged-${of}`)
      const code = await postern([
        'merge',
        ...folders.map((out) => join(out, 'report.json')),
        '--out',
        merged,
      ])
      const isSame =
        code === one.exitCode && verdicts((await readAt(merged)).outcomes) === verdicts(one.outcomes)

      const planned = parts.map(({ report }) => sum(report.outcomes.map(({ check }) => took.get(check) ?? 0)))
      const balance = spent(one) / (of * Math.max(...planned))
      const slowest = Math.max(...parts.map(({ report }) => spent(report)))
      const walls = Math.max(...parts.map((part) => part.wall))
      const isEnough = 100 * balance >= atLeast
      isBalanced &&= isEnough
      console.log(
        `${of} machines: balanced ${percent(balance)}${isEnough ? '' : `, which is less than ${atLeast} %`}; the slowest ${seconds(slowest)}, efficiency ${percent(spent(one) / (of * slowest))}; with start and end ${seconds(walls)}, ${percent(wall / (of * walls))}; ${isSame ? 'verdicts and exit code as of one' : `NOT as of one (exit code ${code})`}`,
      )
    }
    return isBalanced
  } finally {
    await rm(folder, { recursive: true })
  }
}
