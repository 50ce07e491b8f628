import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { startVitest } from 'vitest/node'
import { applied } from '../baseline/apply.ts'
import { readBaseline, today } from '../baseline/baseline-file.ts'
import { previousOf } from '../baseline/changes.ts'
import { obstacleOf } from '../check/obstacle.ts'
import { makeFolder } from '../make-folder.ts'
import type { Outcome, Report, Severity, Shard } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { optional } from '../optional.ts'
import { isSubmissionAlone, placeOfTarget } from '../profile/submission-alone.ts'
import { root } from '../tree.ts'
import { withoutSeenTwice } from '../zap/seen-twice.ts'
import type { ZapRun } from '../zap/zap-run.ts'
import { listenAlone } from './alone.ts'
import { runBrowserChecks } from './browser-checks.ts'
import {
  assertSelection,
  checkFiles,
  collectChecks,
  filesByRunner,
  notSelected,
  undeclared,
  zapSuite,
} from './checks.ts'
import { count } from './cleaning.ts'
import { inTurn } from './in-turn.ts'
import { type Interrupt, onInterrupt } from './interrupt.ts'
import { withLateMail } from './late-mail.ts'
import { located } from './locations.ts'
import { createProgress, type Loudness, type Progress, screenOf } from './progress.ts'
import { currentProofs } from './proofs.ts'
import { createPublisher } from './publisher.ts'
import { createRecorder, type Recorder, toOutcome } from './recorder.ts'
import type { Part } from './shards.ts'
import { version } from './version.ts'
import { checksProject, printed } from './vitest.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

export interface RunOptions extends WorldOptions {
  readonly suite?: readonly string[]
  readonly check?: readonly string[]
  readonly failOn: Severity
  /** A file of accepted findings. */
  readonly baseline?: string
  /** The report.json of an earlier run. */
  readonly previous?: string
  /** `2/4`: this is one of so many machines that share the checks. */
  readonly shard?: string
  /** Absolute path. */
  readonly out: string
  readonly quiet?: true
  readonly verbose?: true
}

function loudnessOf({ quiet, verbose }: RunOptions): Loudness {
  return verbose === true ? 'verbose' : quiet === true ? 'quiet' : 'usual'
}

/** For what is on its way when a run is interrupted; a CI kills 7 s after its first signal. Milliseconds. */
const grace = 3000

/**
 * Attacks the target, writes the reports, and returns the exit code. Throws ProfileError, UsageError and Unavailable;
 * nothing stays up then.
 */
export async function run(options: RunOptions): Promise<0 | 1 | 2> {
  const selected = await assertSelection(options)
  const accepted = await acceptedOf(options)
  const previous = await earlierOf(options)
  await assertWritable(options.out)
  const part = await partOfRun(options, selected, previous)
  const only = part?.only ?? selected
  const startedAt = new Date()
  const interrupt = onInterrupt()
  const world = await startWorld({
    ...options,
    ...(part === null ? {} : { place: part.place, seed: part.seed }),
    signal: interrupt.signal,
  }).catch((error: unknown) => {
    interrupt.release()
    throw error
  })
  // Of the harness, or of a target that runs in this process: they cost a run its word, not its report.
  const settle = listenAlone(['unhandledRejection', 'uncaughtException'], (error: unknown) => {
    recorder.faults.push(String(error))
  })
  const down = async () => inTurn(world.close, interrupt.release, settle)
  const zap = await startZapOf(world, options, only, interrupt).catch(async (error: unknown) => {
    await down().catch(() => {})
    throw error
  })
  const progress = createProgress(screenOf(process), loudnessOf(options))
  const recorder = createRecorder((recorded) => {
    if (recorded.judgement !== null) progress.judged(toOutcome(recorded, null, ''))
  }, progress.began)
  const url = world.redact(world.profile.target.url)
  const publisher = createPublisher(options.out)
  const attackAndReport = async () => {
    const kind = isSubmissionAlone(world.profile) ? ', a submission service' : ''
    const { reach, seed } = world.provided
    if (options.quiet !== true)
      console.log(
        `postern ${version}: ${world.profile.name}${kind} at ${url}, reach ${reach}, seed ${seed}${shardText(part?.shard)}`,
      )
    const unfinished = await attack(world, recorder, progress, only, interrupt).finally(progress.end)
    const scanned = (await zap?.scan(unfinished)) ?? []
    const lost = unfinished ?? (zap === null ? null : await endOf(world, interrupt))
    const found = withoutSeenTwice(await outcomesOf(recorder, world, lost), scanned)
    const all = located(found, world.document)
    await publisher.found({
      schemaVersion: '2.3',
      tool: { name: 'postern', version },
      complete: lost === null,
      incompleteBecause: lost,
      target: { name: world.profile.name, url, weaknesses: options.weakness ?? [] },
      driver: world.driver,
      ...(part === null ? {} : { shard: part.shard }),
      reach: world.provided.reach,
      failOn: options.failOn,
      startedAt: startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      seed: world.provided.seed,
      ...(accepted === null
        ? { outcomes: all, baseline: null }
        : applied(all, accepted.entries, accepted.file, today())),
      ...(previous === null ? {} : { previous: previousOf(inPart(previous, part), all) }),
      notSelected: await notSelected(only, world.profile.zap !== undefined),
    })
  }
  const cleanUp = async () => publisher.left(await world.cleanUp())
  await inTurn(attackAndReport, () => zap?.close(), cleanUp, publisher.summarise, down)
  return publisher.exitCode
}

/** Read before anything is sent. Throws UsageError. */
export async function acceptedOf({ baseline: file }: Pick<RunOptions, 'baseline'>) {
  if (file === undefined) return null
  const known = [...(await checkFiles()).keys()]
  return { file, entries: await readBaseline(file, known) }
}

/** Read before anything is sent. Throws UsageError. */
export async function earlierOf({ previous }: Pick<RunOptions, 'previous'>) {
  if (previous === undefined) return null
  // Nobody else pays for the schema of a report.
  const { readReport } = await import('../baseline/read-report.ts')
  return readReport(previous, '--previous')
}

/** What this machine has of the run; `null` where it has all. */
async function partOfRun(
  options: RunOptions,
  selected: readonly string[],
  previous: Report | null,
): Promise<Part | null> {
  if (options.shard === undefined) return null
  // Nobody else pays for loading it.
  const { partOf } = await import('./shards.ts')
  return partOf(options.shard, options, selected, previous)
}

function shardText(shard: Shard | undefined): string {
  if (shard === undefined) return ''
  const { index, of, last } = shard
  return `, shard ${index} of ${of}${last ? ', which is for when the others have ended' : ''}`
}

/** Of the others’ findings a part knows nothing. */
function inPart(earlier: Report, part: Part | null): Report {
  if (part === null) return earlier
  const isOwn = ({ check, judge }: Outcome) => part.only.includes(judge === null ? check : zapSuite)
  return { ...earlier, outcomes: earlier.outcomes.filter(isOwn) }
}

/** ZAP comes up before anything is sent, and scans after the checks, whose measurements it would disturb. */
async function startZapOf(
  world: World,
  { out }: RunOptions,
  only: readonly string[],
  { signal }: Interrupt,
): Promise<ZapRun | null> {
  const { profile, comesUp, take, inbox, provided } = world
  const wanted = only.length === 0 || only.includes(zapSuite)
  if (profile.zap === undefined && only.includes(zapSuite))
    throw new UsageError(
      '--suite zap: expected a section zap in the profile; seen none; say there where a ZAP comes from',
    )
  if (profile.zap === undefined || !wanted) return null
  // Nobody else pays for loading it.
  const { startZap } = await optional('zaproxy', () => import('../zap/zap-run.ts'))
  const { reach, sandbox, addresses } = provided
  return startZap({
    ...{ settings: profile.zap, profile, comesUp, reach, take, inbox, addresses, out, signal },
    ...{ zone: sandbox.zone, ca: sandbox.ca, print: console.log },
  })
}

/** Throws UsageError, so that nobody learns of it after the attack; first of all, since drivers log to it. */
export async function assertWritable(out: string): Promise<void> {
  try {
    makeFolder(out)
    // Of a file system of the kernel's own, what it allows says nothing.
    const trial = join(out, `${randomUUID()}.part`)
    await writeFile(trial, '', { flag: 'wx' })
    await rm(trial)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`--out: expected a folder to write to; seen ${out} (${code}); name another`)
  }
}

/**
 * In a run that was cut short, what has no verdict is unproven, and so is what broke: it says nothing of the check. What would
 * not have been run at all is told as such.
 */
async function outcomesOf(
  recorder: Recorder,
  { profile, provided, hasCome }: World,
  lost: string | null,
): Promise<Outcome[]> {
  const all = recorder.all('target')
  const proofs = await currentProofs(all.map(({ about }) => about))
  return all.map((recorded) => {
    const outcome = toOutcome(recorded, proofs.get(recorded.about.id) ?? null, lost ?? 'it was not run')
    const obstacle = recorded.judgement === null ? obstacleOf(recorded.about, profile, provided.reach) : null
    if (obstacle !== null) return { ...outcome, ...obstacle }
    if (lost === null || outcome.verdict !== 'error')
      return withLateMail(outcome, recorded.judgement?.absences ?? [], hasCome)
    return { ...outcome, verdict: 'unproven', reason: `${lost}; ${outcome.reason}` }
  })
}

/** Runs the checks; returns why the run is not complete, or `null` where it is. */
async function attack(
  world: World,
  recorder: Recorder,
  progress: Progress,
  only: readonly string[],
  interrupt: Interrupt,
): Promise<string | null> {
  const lost = await world.lost()
  if (lost !== null) {
    await collectChecks(only, recorder)
    const place = placeOfTarget(world.profile)
    return `${lost}: see ${place} in the profile, and whether it is up; nothing was sent`
  }
  await takeOver(world)
  if (interrupt.signal.aborted) return interrupt.signal.reason
  const files = await filesByRunner(only)
  progress.expect(files.vitest.length + files.browser.length)
  const inBrowser = { roles: ['target'], files: files.browser, provided: world.provided } as const
  const checks = world.runs({
    vitest: files.vitest.length === 0 ? null : () => runVitest(world, recorder, files.vitest),
    browser: files.browser.length === 0 ? null : () => runBrowserChecks(inBrowser, recorder, interrupt),
  })
  const aborted = new Promise<void>((resolve) =>
    interrupt.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  world.lostMeanwhile.then(interrupt.end, () => {})
  await Promise.race([checks, aborted])
  if (interrupt.signal.aborted) {
    recorder.stop()
    world.halt()
    await Promise.race([checks, after(grace, null, { ref: false })])
    return interrupt.signal.reason
  }
  // Our own exit code says what Vitest's does not know: it takes a judged target for a failed test.
  process.exitCode = 0
  if (recorder.faults.length === 0)
    recorder.faults.push(...undeclared([...files.vitest, ...files.browser], recorder))
  const faults = [...new Set(recorder.faults)].slice(0, 3)
  if (faults.length > 0) return world.redact(`the harness failed: ${faults.join('; ')}`)
  return endOf(world, interrupt)
}

/** Before anything is sent: what is there twice may be refused. */
async function takeOver(world: World): Promise<void> {
  try {
    const { taken, left, unread } = await world.takeOver()
    if (taken > 0) console.log(`took back ${count(taken)} of an earlier run that left them behind`)
    for (const line of [...left, ...unread]) console.error(line)
  } catch (error) {
    // It is of other runs: this one can do without.
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
  }
}

async function endOf(world: World, { signal }: Interrupt): Promise<string | null> {
  return signal.aborted ? signal.reason : world.lost()
}

async function runVitest(world: World, recorder: Recorder, files: readonly string[]): Promise<void> {
  const options = {
    ...{ config: false as const, root, watch: false, reporters: [recorder] },
    projects: [checksProject('target', { provided: world.provided, files })],
  }
  const vitest = await startVitest('test', [], options, {}, printed())
  await vitest.close()
}
