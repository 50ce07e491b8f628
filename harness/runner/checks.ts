import { glob } from 'node:fs/promises'
import { createVitest } from 'vitest/node'
import type { About } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { readProofs } from './proofs.ts'
import { createRecorder } from './recorder.ts'
import { checksProject, root } from './vitest.ts'

export interface Listed extends About {
  readonly title: string
}

/** The ids of all checks, from the names of their files, sorted. */
export async function checkIds(): Promise<string[]> {
  const ids: string[] = []
  for await (const file of glob('*/*.check.ts', { cwd: `${root}suites` }))
    ids.push(file.replaceAll('\\', '/').replace(/\.check\.ts$/, ''))
  return ids.sort()
}

/** Its outcomes are not of checks: see `harness/zap`. */
export const zapSuite = 'zap'

/** The suites and checks to which a run is restricted; empty for all. Throws UsageError for a name that is none. */
export async function assertSelection(options: {
  suite?: readonly string[]
  check?: readonly string[]
}): Promise<string[]> {
  const ids = await checkIds()
  const suites = new Set([...ids.map((id) => id.split('/')[0] ?? ''), zapSuite])
  for (const suite of options.suite ?? [])
    if (!suites.has(suite)) throw new UsageError(`no suite ${suite}; there are ${[...suites].join(', ')}`)
  for (const check of options.check ?? [])
    if (!ids.includes(check)) throw new UsageError(`no check ${check}; \`postern checks\` lists them`)
  return [...(options.suite ?? []), ...(options.check ?? [])]
}

/** What every check says of itself, also into `recorder`; loads them without running any. */
export async function collectChecks(
  only: readonly string[] = [],
  recorder = createRecorder(),
): Promise<Listed[]> {
  const vitest = await createVitest('test', {
    config: false,
    root,
    watch: false,
    reporters: [{}],
    projects: [checksProject('target', { only })],
  })
  try {
    const { testModules, unhandledErrors } = await vitest.collect([], { staticParse: false })
    for (const module of testModules) {
      recorder.onTestModuleCollected?.(module)
      recorder.onTestModuleEnd?.(module)
    }
    const faults = [...recorder.faults, ...unhandledErrors.map(String)]
    if (faults.length > 0) throw new Error(`the checks could not be loaded: ${faults.join('; ')}`)
    return recorder.all('target').map(({ about, title }) => ({ ...about, title }))
  } finally {
    await vitest.close()
  }
}

/** Prints the checks: a line each, or JSON with everything. */
export async function listChecks(json: boolean): Promise<void> {
  const [checks, proofs] = await Promise.all([collectChecks(), readProofs()])
  if (json) {
    console.log(
      JSON.stringify(
        checks.map((check) => ({ ...check, proof: proofs.get(check.id) ?? null })),
        null,
        2,
      ),
    )
    return
  }
  const width = Math.max(...checks.map(({ id }) => id.length))
  for (const { id, severity, reach, title } of checks)
    console.log(`${id.padEnd(width)}  ${severity.padEnd(8)}  ${reach.padEnd(10)}  ${title}`)
}
