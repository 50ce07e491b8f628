import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { inventoryOf } from '../drivers/inventory.testing.ts'
import { type SampleStaging, withStaging } from '../drivers/sample-staging.testing.ts'
import type { Report, Verdict } from '../model.ts'
import { forms, secretsOf } from '../runner/secrets-seen.testing.ts'
import { type Ended, isRunning, type Place, type Spawned } from '../runner/spawned.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import { type Befalls, type Middle, startMiddle } from './connections.ts'
import { type Aim, type Front, type Strike, startFront } from './front.ts'
import { processesOf, watchMemory } from './processes.ts'
import { type HandOver, type Relay, startRelay } from './relay.ts'
import type { Group } from './trials.ts'

/** Checks, and the weaknesses of the reference API of which each of them finds one. */
export interface Ground {
  readonly checks: readonly string[]
  readonly weaknesses: readonly string[]
  /** Those of the checks that ask what somebody is answered, and nothing else. */
  readonly byAnswers?: readonly string[]
}

/** What happens while the run goes on, to whom it can happen. */
export interface Moment {
  readonly run: Spawned
  readonly staging: SampleStaging
  readonly front: Front
  /** The numbers of `--seed`: from 0 to below 1. */
  random(): number
  /** Ends what was begun, when the run is over. */
  later(undo: () => Promise<void> | void): void
}

/** One fault, and on what ground it is tried. */
export interface Trial {
  readonly name: string
  readonly group: Group
  readonly ground: Ground
  /** Why it cannot be tried here; `null` where it can. */
  readonly impossible?: () => Promise<string | null>
  /** Nothing is between that could count how often it struck. */
  readonly idle?: boolean
  readonly answers?: { readonly strike: Strike; readonly aim: Aim }
  readonly connections?: Befalls
  readonly submission?: Befalls
  readonly mails?: HandOver
  readonly blow?: (moment: Moment) => Promise<void>
  /** More of the sandbox, and of the environment, where the fault is in what the run stands on. */
  readonly before?: (
    staging: SampleStaging,
    later: Moment['later'],
  ) => Promise<{
    readonly sandbox?: object
    readonly env?: Readonly<Record<string, string>>
    readonly out?: string
  }>
  /** It is seen before anything is sent, and said to whoever started the run: exit code 3. */
  readonly mayRefuse?: true
  /** It says no to what was done: that stays. */
  readonly denies?: true
  /** Whoever attacks gets an error or a redirect every time, and nothing of the answer: so he is kept out. */
  readonly turnsAway?: true
  /** The run itself was killed: what is left may go with the next one. */
  readonly killsRun?: true
  /** The target is no longer there to be asked. */
  readonly killsTarget?: true
}

/** What came of it. */
export interface Seen {
  readonly verdicts: Readonly<Record<string, Verdict>>
  readonly reasons: Readonly<Record<string, string>>
  readonly exitCode: number | null
  readonly signal: string | null
  /** It had to be killed. */
  readonly hung: boolean
  /** As on a machine that has nothing else to do. */
  readonly seconds: number
  readonly megabytes: number | null
  /** How often the fault struck. */
  readonly struck: number
  /** Objects that stay after the run, and those that stay after `postern clean`; `null` where nobody can be asked. */
  readonly left: number | null
  readonly leftAfterClean: number | null
  /** Where which secret stands. */
  readonly secrets: readonly string[]
  /** Characters that a terminal obeys, as code points. */
  readonly controls: readonly string[]
  /** Processes and temporary files. */
  readonly behind: readonly string[]
  /** For who looks for the reason. */
  readonly said: string
}

/** A run that is not over by then hangs: far beyond the waits of the profile. Seconds. */
const longest = 150

/** How many times as long things take as on a machine that has nothing else to do. */
function slowness(): number {
  return Math.min(4, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / 2))
}

/** What the profile promises, so that waiting is short. */
const profile = (sandbox: object, slow: number) =>
  [
    `sandbox: ${JSON.stringify(sandbox)}`,
    `target: { timeout: ${4 * slow} }`,
    `mail: { delivery: { within: ${6 * slow} } }`,
    '',
  ].join('\n')

/** Runs the checks of the ground at a weak reference API of its own, with the fault between. */
export async function stage(trial: Trial, random: () => number): Promise<Seen> {
  const [dns, egress, sound] = await Promise.all([freePort(), freePort(), freePort()])
  const relay = trial.mails === undefined ? null : await startRelay(sound, trial.mails)
  const settings = {
    REFERENCE_DNS: `127.0.0.1:${dns}`,
    REFERENCE_WEAKNESS: trial.ground.weaknesses.join(','),
    ...(relay === null
      ? { REFERENCE_EGRESS: `http://127.0.0.1:${egress}` }
      : { REFERENCE_RELAY: `smtp+cleartext://127.0.0.1:${relay.port}` }),
  }
  const ports = { dns, egress, ...(relay === null ? {} : { sound }) }
  const seen: Seen[] = []
  try {
    await withStaging(
      async () => settings,
      async (staging) => void seen.push(await between(staging, trial, { ports, relay, random })),
    )
  } finally {
    await relay?.close()
  }
  const [first] = seen
  if (first === undefined) throw new Error('expected a run on the staging')
  return first
}

interface Surroundings {
  readonly ports: object
  readonly relay: Relay | null
  random(): number
}

/** With a front before the API, and whatever else the fault needs between. */
async function between(staging: SampleStaging, trial: Trial, around: Surroundings): Promise<Seen> {
  const { exports, tls } = staging
  const { strike = null, aim = 'every answer' } = trial.answers ?? {}
  const target = exports['REFERENCE_URL'] ?? ''
  const portIn = (name: string) => Number(exports[name])
  const front = await startFront({
    ...{ target, tls, admin: exports['REFERENCE_ADMIN_EMAIL'] ?? '', strike, aim },
  })
  const middles: Middle[] = []
  const middle = async (port: number, befalls: Befalls) => {
    const started = await startMiddle(port, befalls)
    middles.push(started)
    return String(started.port)
  }
  try {
    const env: Record<string, string> = { REFERENCE_URL: front.url }
    if (trial.connections !== undefined)
      env['REFERENCE_URL'] =
        `https://127.0.0.1:${await middle(Number(new URL(target).port), trial.connections)}`
    if (trial.submission !== undefined)
      for (const name of ['REFERENCE_SUBMISSION_STARTTLS_PORT', 'REFERENCE_SUBMISSION_TLS_PORT'])
        env[name] = await middle(portIn(name), trial.submission)
    return await observed(staging, trial, { ...around, front, middles, env })
  } finally {
    await Promise.all([front, ...middles].map((each) => each.close()))
  }
}

async function observed(
  staging: SampleStaging,
  trial: Trial,
  {
    front,
    middles,
    relay,
    ports,
    env,
    random,
  }: Surroundings & { front: Front; middles: readonly Middle[]; env: Readonly<Record<string, string>> },
): Promise<Seen> {
  const { exports, authority, records, place } = staging
  const inventory = await inventoryOf(exports, authority)
  const before = await inventory()
  const undo: (() => Promise<void> | void)[] = []
  const later: Moment['later'] = (step) => void undo.unshift(step)
  const more = (await trial.before?.(staging, later)) ?? {}
  const slow = slowness()
  const yaml = profile({ authority: 'authority.pem', records, ports, ...more.sandbox }, slow)
  const out = more.out ?? place.out
  const selection = trial.ground.checks.flatMap((id) => ['--check', id])
  const started = performance.now()
  const args = ['run', '--out', out, '--reach', 'disruptive', ...selection]
  const run = staging.postern(yaml, args, { ...env, ...more.env })
  const memory = watchMemory(run.pid)
  const [{ ended, hung }] = await Promise.all([
    endOf(run, longest * slow),
    trial.blow?.({ run, staging, front, random, later }),
  ])
  const seconds = (performance.now() - started) / 1000 / slow
  const megabytes = await memory.ended()
  const struck = [front, relay, ...middles].reduce((sum, each) => sum + (each?.struck ?? 0), 0)
  const texts: Record<string, string> = {
    ...(await filesIn(out)),
    stdout: ended.stdout,
    stderr: ended.stderr,
  }
  const secrets = secretsOf(exports, front.bodies)

  // From here on the world is sound again.
  for (const step of undo) await step()
  for (const each of [front, ...middles]) each.heal()
  const stays = async () => {
    const kept = new Set(before)
    return (await inventory()).filter((id) => !kept.has(id)).length
  }
  const left = trial.killsTarget === true ? null : await stays()
  let leftAfterClean = left
  let afterwards = ''
  if (left !== null && (left > 0 || trial.killsRun === true)) {
    const cleaned = await staging.postern(yaml, ['clean'], env).ended
    afterwards = `\npostern clean: ${cleaned.code}\n${cleaned.stdout}\n${cleaned.stderr}`
    leftAfterClean = await stays()
  }
  // What a run that was killed leaves on this machine, the next one takes away.
  if (trial.killsRun === true)
    await staging.postern(yaml, ['run', '--out', out, '--check', 'headers/cors'], env).ended
  return {
    ...verdictsIn(texts['report.json']),
    ...{ exitCode: ended.code, signal: ended.signal, hung, seconds, megabytes, struck, left, leftAfterClean },
    secrets: Object.entries(texts).flatMap(([where, text]) =>
      secrets.flatMap(({ name, value }) =>
        Object.entries(forms(value)).flatMap(([form, encoded]) =>
          text.includes(encoded) ? [`${name} in ${where}, ${form}`] : [],
        ),
      ),
    ),
    controls: controlsIn(ended.stdout + ended.stderr),
    behind: await leftBehind(place, run.pid, staging.pid),
    said: `${`${ended.stdout}\n${ended.stderr}`.slice(-3000)}${afterwards}`,
  }
}

async function endOf(
  run: Spawned,
  seconds: number,
): Promise<{ readonly ended: Ended; readonly hung: boolean }> {
  const over = new AbortController()
  const late = after(seconds * 1000, true, { signal: over.signal }).catch(() => false)
  const hung = await Promise.race([run.ended.then(() => false), late])
  over.abort()
  if (hung && isRunning(run.pid)) process.kill(-run.pid, 'SIGKILL')
  return { ended: await run.ended, hung }
}

function verdictsIn(report: string | undefined): Pick<Seen, 'verdicts' | 'reasons'> {
  const { outcomes = [] } = JSON.parse(report ?? '{}') as Partial<Report>
  return {
    verdicts: Object.fromEntries(outcomes.map(({ check, verdict }) => [check, verdict])),
    reasons: Object.fromEntries(outcomes.map(({ check, reason }) => [check, reason ?? ''])),
  }
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  const texts = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name)
    return [path.relative(folder, file), await readFile(file, 'utf8').catch(() => '')] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

/** What is not shown as it is: controls but line feeds, what turns the reading around, and what shows nothing. */
export function controlsIn(text: string): string[] {
  const seen = new Set(text.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu)).difference(new Set(['\n']))
  return [...seen].map((each) => `U+${each.codePointAt(0)?.toString(16).padStart(4, '0')}`)
}

/** What ends with its run may take a moment. */
async function leftBehind({ folder, temporary }: Place, group: number, but: number): Promise<string[]> {
  const look = async () => [...(await readdir(temporary)), ...(await processesOf(folder, [but]))]
  const until = performance.now() + 5000
  while ((isRunning(group) || (await look()).length > 0) && performance.now() < until) await after(100)
  return look()
}
