/**
 * `npm run cross`: whole suites on each of their weaknesses by itself, and which checks found something; writes suites/cross.json
 * and docs/cross.md after each, and goes on there when it is run again. Exits 1 where a pair is neither own nor explained or a run
 * broke, 3 for what is asked wrongly.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import type { Report } from '../model.ts'
import { didYouMean } from '../profile/nearest.ts'
import { root } from '../tree.ts'
import { crossed, faulty, readDigestOf, readExplained, readOwners, readRows, writeRows } from './files.ts'
import { type CrossRow, type CrossRows, inOrder, rowOf, unexplained } from './table.ts'

const { values } = parseArgs({
  options: {
    weakness: { type: 'string', multiple: true },
    suite: { type: 'string', multiple: true },
    minutes: { type: 'string' },
    'at-once': { type: 'string', default: '1' },
  },
})

function refuse(what: string): never {
  console.error(what)
  process.exit(3)
}

const names = faulty.map(({ name }) => name)
for (const name of values.weakness ?? [])
  if (!names.includes(name)) refuse(`no weakness ${name} of these suites${didYouMean(name, names)}`)
for (const suite of values.suite ?? [])
  if (!crossed.some((known) => known === suite))
    refuse(`--suite: expected ${crossed.join(', ')}; seen ${suite}`)
for (const flag of ['minutes', 'at-once'] as const)
  if (values[flag] !== undefined && !(Number(values[flag]) > 0))
    refuse(`--${flag}: expected a number above 0; seen ${values[flag]}`)

const digestOf = await readDigestOf()
const owners = await readOwners()
let rows: CrossRows = await readRows()
// A name that was asked for is run whatever is known of it.
const todo =
  values.weakness === undefined
    ? inOrder(
        faulty.filter(({ suite }) => values.suite?.includes(suite) ?? true),
        rows,
        digestOf,
      )
    : faulty.filter(({ name }) => values.weakness?.includes(name))
const until =
  values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000
let broken = 0
let written = Promise.resolve()

interface Crossed {
  readonly row: CrossRow
  /** The first that each other check found, of which an explanation is written, and why one of its own found nothing. */
  readonly told: readonly string[]
}

/** All suites at the reference API with this weakness alone. */
async function crossRow(name: string): Promise<Crossed> {
  const out = await mkdtemp(join(tmpdir(), 'postern-cross-'))
  try {
    const flags = [
      ...crossed.flatMap((suite) => ['--suite', suite]),
      '--weakness',
      name,
      '--out',
      out,
      '--quiet',
    ]
    const child = spawn(process.execPath, ['harness/postern.js', 'run', ...flags], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('close', resolve),
    )
    const [code, said, complained] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    const report = await readFile(join(out, 'report.json'), 'utf8').catch(() => null)
    if (report === null) throw new Error(`no report, exit ${code}: ${(complained || said).slice(-1000)}`)
    const { complete, incompleteBecause, outcomes } = JSON.parse(report) as Report
    if (!complete) throw new Error(`the run was not complete: ${incompleteBecause}`)
    const own = owners.get(name) ?? []
    const foreign = outcomes.flatMap(({ check, findings: [first] }) =>
      first === undefined || own.includes(check)
        ? []
        : [`  ${check} [${first.variant ?? first.operation}] expected ${first.expected}: ${first.actual}`],
    )
    const row = rowOf(outcomes, own, digestOf(name))
    const silent = outcomes
      .filter(({ check }) => check in row.silent)
      .map(
        ({ check, verdict, reason }) =>
          `  ${check} found nothing: ${verdict}${reason === null ? '' : `, ${reason}`}`,
      )
    return { row, told: [...foreign, ...silent] }
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

async function crossRest(): Promise<void> {
  for (let next = todo.shift(); next !== undefined && Date.now() < until; next = todo.shift()) {
    const { name } = next
    const started = performance.now()
    try {
      const { row, told } = await crossRow(name)
      rows = { ...rows, [name]: row }
      written = written.then(() => writeRows(rows))
      await written
      const seconds = ((performance.now() - started) / 1000).toFixed(0)
      const fired = row.fired.join(', ') || 'nothing'
      console.log([`${name}: ${fired} (${seconds} s)`, ...told].join('\n'))
    } catch (error) {
      broken += 1
      console.log(`NOT RUN  ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

// A terminal signals what is under way as well.
process.once('SIGINT', () => void todo.splice(0)).once('SIGTERM', () => void todo.splice(0))
await Promise.all(Array.from({ length: Number(values['at-once']) }, crossRest))
await writeRows(rows)
const open = unexplained(rows, owners, await readExplained())
for (const problem of open) console.log(`FAILED  ${problem}`)
const ran = names.filter((name) => rows[name] !== undefined).length
console.log(`${ran} of ${names.length} weaknesses run, ${open.length} pairs to be explained`)
process.exitCode = open.length > 0 || broken > 0 ? 1 : 0
