/**
 * `npm run faults`: whole runs in a hostile world, and what became of them; writes docs/faults.md. Exits 1 where a fault was
 * not borne, 3 for what is asked wrongly.
 */
import { randomInt } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { plural } from '../../reports/wording.ts'
import { didYouMean } from '../profile/nearest.ts'
import { root } from '../tree.ts'
import { faultsOf } from './judge.ts'
import { pageOf, type Row, rowOf } from './page.ts'
import { randoms } from './randoms.ts'
import { stage, type Trial } from './staged.ts'
import { short, trials } from './trials.ts'

const page = path.join(root, 'docs', 'faults.md')
const named = ({ group, name }: Trial) => `${group}: ${name}`

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    fault: { type: 'string', multiple: true },
    group: { type: 'string', multiple: true },
    seed: { type: 'string', default: String(randomInt(2 ** 32)) },
    'at-once': { type: 'string', default: String(availableParallelism()) },
  },
})

function chosen(): Trial[] {
  const names = trials.map(named)
  for (const name of values.fault ?? [])
    if (!names.includes(name)) {
      console.error(`no fault ${name}${didYouMean(name, names)}`)
      process.exit(3)
    }
  return trials.filter(
    (trial) =>
      (values.fault?.includes(named(trial)) ?? values.group?.includes(trial.group) ?? true) &&
      (!values.short || values.fault !== undefined || short.has(named(trial))),
  )
}

const todo = chosen()
const all = todo.length
const rows: Row[] = []
let notBorne = 0
console.log(`${plural(all, 'fault')}, --seed ${values.seed}`)

async function tryOne(trial: Trial): Promise<void> {
  const name = named(trial)
  const impossible = (await trial.impossible?.()) ?? null
  if (impossible !== null) {
    rows.push(rowOf(trial.group, trial.name, { impossible }))
    return console.log(`skipped    ${name}: ${impossible}`)
  }
  // Of each its own, so that one by itself has the moments that it has among all.
  const seen = await stage(trial, randoms(`${values.seed} ${name}`))
  const faults = faultsOf(seen, trial)
  rows.push(rowOf(trial.group, trial.name, seen))
  const { seconds, megabytes, exitCode, signal, verdicts } = seen
  const told = `exit ${exitCode ?? signal}, ${seconds.toFixed(0)} s, ${megabytes?.toFixed(0) ?? '?'} MB`
  console.log(`${faults.length === 0 ? 'borne     ' : 'NOT BORNE '} ${name}: ${told}, ${said(verdicts)}`)
  if (faults.length === 0) return
  notBorne += 1
  for (const fault of faults) console.log(`           ${fault}`)
  console.log(seen.said.replace(/^/gm, '           | '))
}

function said(verdicts: Readonly<Record<string, string>>): string {
  return Object.entries(verdicts)
    .filter(([, verdict]) => verdict !== 'held-back')
    .map(([check, verdict]) => `${check} ${verdict}`)
    .join(', ')
}

async function tryRest(): Promise<void> {
  for (let trial = todo.shift(); trial !== undefined; trial = todo.shift())
    await tryOne(trial).catch((error: unknown) => {
      notBorne += 1
      console.log(`NOT TRIED  ${trial === undefined ? '' : named(trial)}: the bench broke: ${String(error)}`)
    })
}

// A terminal signals what is under way as well: it ends, and is cleaned away.
process.once('SIGINT', () => void todo.splice(0)).once('SIGTERM', () => void todo.splice(0))
await Promise.all(Array.from({ length: Number(values['at-once']) }, tryRest))
if (!values.short) {
  await mkdir(path.dirname(page), { recursive: true })
  await writeFile(page, pageOf(rows, await readFile(page, 'utf8').catch(() => '')))
}
const tried = rows.length
console.log(
  notBorne === 0 && tried === all
    ? `borne: ${all} of ${all}`
    : `not borne: ${notBorne} of ${tried} that were tried, of ${all}`,
)
process.exitCode = notBorne === 0 && tried === all ? 0 : 1
