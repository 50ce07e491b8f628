/**
 * `npm run bench`: what checks take, by their proofs, and whole runs against the embedded reference API, as a user starts them. Times are wall clock in
 * seconds, memory is the peak of the process in MB. Prints; judges nothing. `npm run bench -- shards`: see bench-shards.ts.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { htmlParts } from '../reports/html.ts'
import { replaceFile } from '../reports/replace-file.ts'
import type { Outcome, Report } from './model.ts'
import { checkFiles } from './runner/checks.ts'
import { readProofs } from './runner/proofs.ts'
import { referenceProfile } from './runner/reference-profile.ts'
import { root } from './tree.ts'

const rounds = 3
const tellPeak = 'data:text/javascript,process.on("exit",()=>process.send?.(process.resourceUsage().maxRSS))'

interface Run {
  readonly seconds: number
  readonly megabytes: number
  readonly exitCode: number | null
  /** What a proof says of what it does not prove. */
  readonly failed: readonly string[]
}

function runOnce(command: string, flags: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    let peak = 0
    const child = spawn(process.execPath, ['--import', tellPeak, 'harness/postern.js', command, ...flags], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    const failed: string[] = []
    createInterface({ input: child.stdout ?? Readable.from([]) }).on('line', (line) => {
      if (line.startsWith('FAILED')) failed.push(line)
    })
    child.on('message', (kilobytes) => {
      peak = Number(kilobytes)
    })
    child.on('error', reject)
    child.on('close', (exitCode) =>
      resolve({ seconds: (performance.now() - started) / 1000, megabytes: peak / 1024, exitCode, failed }),
    )
  })
}

async function measure(
  name: string,
  flags: readonly string[],
  { command = 'run', times = rounds } = {},
): Promise<number> {
  const runs: Run[] = []
  for (let round = 0; round < times; round++) runs.push(await runOnce(command, flags))
  const sorted = runs.map(({ seconds }) => seconds).sort((a, b) => a - b)
  const middle = sorted[Math.floor(times / 2)] ?? 0
  const peak = Math.max(...runs.map(({ megabytes }) => megabytes))
  const exits = [...new Set(runs.map(({ exitCode }) => exitCode))].join(', ')
  console.log(
    `${name.padEnd(34)} ${middle.toFixed(2)} s (${sorted.map((s) => s.toFixed(2)).join(', ')}), ${peak.toFixed(0)} MB, exit ${exits}`,
  )
  for (const line of runs.flatMap(({ failed }) => failed)) console.log(`  ${line}`)
  return middle
}

async function outcomes(out: string) {
  const { outcomes } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report
  return new Map(
    outcomes.map(({ check, verdict, requests, milliseconds }) => [
      check,
      { verdict, requests, milliseconds },
    ]),
  )
}

/** The whole suite under a budget: whether each check has the verdict that it has without, and what the time was worth. */
async function measureRationed(
  perSecond: number,
  folder: string,
  free: Awaited<ReturnType<typeof outcomes>>,
) {
  const profile = join(folder, `rationed-${perSecond}.yaml`)
  await writeFile(profile, `extends: ${referenceProfile}\nbudget: { perSecond: ${perSecond} }\n`)
  const out = join(folder, `rationed-${perSecond}`)
  const seconds = await measure(
    `all checks, ${perSecond} requests a second`,
    ['--target', profile, '--out', out],
    {
      times: 1,
    },
  )
  const rationed = await outcomes(out)
  const requests = [...rationed.values()].reduce((total, outcome) => total + outcome.requests, 0)
  const others = [...rationed].filter(([check, { verdict }]) => free.get(check)?.verdict !== verdict)
  console.log(
    `  ${requests} requests, ${(seconds / (requests / perSecond)).toFixed(2)} times what these take; ${others.length === 0 ? 'every verdict as without' : `other verdicts: ${others.map(([check, { verdict }]) => `${check} ${verdict}`).join(', ')}`}`,
  )
}

/** What a target that is far away should take at most, in seconds. */
const foreignGoal = 40

/** A target with a way to go: its answers take 250 ms, and its mail 3 s. What took longest is what keeps users waiting. */
async function measureForeign(folder: string) {
  const out = join(folder, 'foreign')
  const delays = ['--answer-delay', '250', '--delivery-delay', '3000']
  const seconds = await measure('all checks, foreign-like target', ['--out', out, ...delays], { times: 1 })
  const slowest = [...(await outcomes(out))]
    .sort(([, a], [, b]) => b.milliseconds - a.milliseconds)
    .slice(0, 5)
    .map(([check, { milliseconds }]) => `${check} ${(milliseconds / 1000).toFixed(0)} s`)
  console.log(
    `  ${seconds <= foreignGoal ? 'within' : 'beyond'} ${foreignGoal} s; longest: ${slowest.join(', ')}`,
  )
}

/** What each check took of the sound reference API when it was proved, the most requests first. */
async function tellWhatChecksTake(): Promise<void> {
  const proofs = [...(await readProofs())].sort(([, a], [, b]) => b.requests - a.requests)
  console.log('requests  connections  mails  fences  check')
  for (const [id, { requests, spent }] of proofs) {
    const { connections = '?', mails = '?', fences = '?' } = spent ?? {}
    const columns = [
      [requests, 8] as const,
      [connections, 13] as const,
      [mails, 7] as const,
      [fences, 8] as const,
    ]
    console.log(`${columns.map(([number, width]) => String(number).padStart(width)).join('')}  ${id}`)
  }
  const [low = 0, high = 0] = [Math.floor, Math.ceil].map(
    (round) => proofs[round((proofs.length - 1) / 2)]?.[1].requests ?? 0,
  )
  console.log(`median ${(low + high) / 2} requests a check\n`)
}

/** A page of as many checks as a fleet has, each with what a check of this run came to. */
async function measurePage(folder: string, count: number): Promise<void> {
  const report = JSON.parse(await readFile(join(folder, 'out', 'report.json'), 'utf8')) as Report
  const many = Array.from({ length: count }, (_, at) => {
    const outcome = report.outcomes[at % report.outcomes.length] as Outcome
    return { ...outcome, check: `${outcome.check}-${at}` }
  })
  const before = process.memoryUsage.rss()
  const started = performance.now()
  const file = join(folder, 'many.html')
  await replaceFile(file, htmlParts({ ...report, outcomes: many }))
  const seconds = (performance.now() - started) / 1000
  const [peak, { size }] = [process.resourceUsage().maxRSS * 1024, await stat(file)]
  console.log(
    `${`report.html of ${count} checks`.padEnd(34)} ${seconds.toFixed(2)} s, ${((peak - before) / 2 ** 20).toFixed(0)} MB more, a file of ${(size / 2 ** 20).toFixed(0)} MB`,
  )
}

if (process.argv[2] === 'shards') {
  const { measureShards } = await import('./bench-shards.ts')
  const { values, positionals } = parseArgs({
    args: process.argv.slice(3),
    allowPositionals: true,
    options: { 'at-least': { type: 'string', default: '0' } },
  })
  process.exit((await measureShards(Number(values['at-least']), positionals.map(Number))) ? 0 : 1)
}

await tellWhatChecksTake()

const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
try {
  const out = ['--out', join(folder, 'out')]
  await measure('all checks', out)
  const free = await outcomes(join(folder, 'out'))
  for (const count of [10_000, 100_000]) await measurePage(folder, count)
  await measure('all checks, mail 5 s late', [...out, '--delivery-delay', '5000'])
  await measureForeign(folder)
  await measure('proof of all checks', [], { command: 'prove', times: 1 })

  // Nothing is declared, so every check is not applicable: what is left is the runner's own time.
  const bare = join(folder, 'bare.yaml')
  const lines = [
    'name: bare',
    'target: { url: http://127.0.0.1:9 }',
    'principals: { anonymous: { none: true } }',
    'operations: { analytics.get: { method: GET, path: / } }',
    'mail: { from: a@example.com }',
  ]
  await writeFile(bare, `${lines.join('\n')}\n`)
  const ids = [...(await checkFiles()).keys()]
  const every = await measure('runner alone, all checks', [...out, '--target', bare])
  const one = await measure('runner alone, one check', [...out, '--target', bare, '--check', ids[0] ?? ''])
  console.log(
    `overhead a check                   ${(((every - one) * 1000) / (ids.length - 1)).toFixed(1)} ms`,
  )
  for (const perSecond of [25, 10]) await measureRationed(perSecond, folder, free)
} finally {
  await rm(folder, { recursive: true })
}
