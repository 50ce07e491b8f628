import { appendFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { startVitest } from 'vitest/node'
import { countsLine, findingsText, progressLine } from '../../reports/console.ts'
import { exitCode } from '../../reports/exit.ts'
import { write } from '../../reports/write.ts'
import type { Report, Severity } from '../model.ts'
import { assertSelection } from './checks.ts'
import { onInterrupt } from './interrupt.ts'
import { readProofs } from './proofs.ts'
import { createRecorder, type Recorder, toOutcome } from './recorder.ts'
import { version } from './version.ts'
import { checksProject, root } from './vitest.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

export interface RunOptions extends WorldOptions {
  readonly suite?: readonly string[]
  readonly check?: readonly string[]
  readonly failOn: Severity
  /** Absolute path. */
  readonly out: string
}

/** Attacks the target, writes the reports, and returns the exit code. Throws ProfileError and UsageError. */
export async function run(options: RunOptions): Promise<0 | 1 | 2> {
  const only = await assertSelection(options)
  const startedAt = new Date()
  const world = await startWorld(options)
  const proofs = await readProofs()
  const recorder = createRecorder((recorded) => {
    if (recorded.judgement !== null) console.log(progressLine(toOutcome(recorded, null, '')))
  })
  const interrupt = onInterrupt()
  try {
    console.log(
      `postern ${version}: ${world.profile.name} at ${world.profile.target.url}, reach ${world.provided.reach}`,
    )
    const lost = await attack(world, recorder, only, interrupt)
    for (const left of await world.cleanUp()) console.error(left)
    const outcomes = recorder
      .all('target')
      .map((r) => toOutcome(r, proofs.get(r.about.id) ?? null, lost ?? 'it was not run'))
    const findings: Omit<Report, 'exitCode'> = {
      schemaVersion: '1.0',
      tool: { name: 'postern', version },
      complete: lost === null,
      incompleteBecause: lost,
      target: { name: world.profile.name, url: world.profile.target.url, weaknesses: options.weakness ?? [] },
      driver: world.driver,
      reach: world.provided.reach,
      failOn: options.failOn,
      startedAt: startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      seed: world.provided.seed,
      outcomes,
    }
    const report: Report = { ...findings, exitCode: exitCode(findings) }
    const { summary } = await write(report, options.out)
    const summaryFile = process.env['GITHUB_STEP_SUMMARY']
    if (summaryFile !== undefined) await appendFile(summaryFile, summary)
    console.log(`\n${findingsText(report)}\n${countsLine(report)}`)
    console.log(`report: ${relative(process.cwd(), options.out) || '.'}/report.html`)
    return report.exitCode
  } finally {
    interrupt.ignore()
    await world.close()
  }
}

/** Runs the checks; returns why the run is not complete, or `null` where it is. */
async function attack(
  world: World,
  recorder: Recorder,
  only: readonly string[],
  interrupt: ReturnType<typeof onInterrupt>,
): Promise<string | null> {
  const vitest = startVitest('test', [], {
    config: false,
    root,
    watch: false,
    reporters: [{ onInit: () => interrupt.claim() }, recorder],
    projects: [checksProject('target', { provided: world.provided, only })],
  })
  const aborted = new Promise<'interrupted'>((resolve) =>
    interrupt.signal.addEventListener('abort', () => resolve('interrupted'), { once: true }),
  )
  if ((await Promise.race([vitest, aborted])) === 'interrupted') return 'the run was interrupted'
  await (await vitest).close()
  // Our own exit code says what Vitest's does not know: it takes a judged target for a failed test.
  process.exitCode = 0
  if (recorder.faults.length > 0) return `the harness failed: ${recorder.faults.join('; ')}`
  return (await world.alive()) ? null : 'the target no longer takes connections'
}
