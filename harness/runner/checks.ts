import { glob } from 'node:fs/promises'
import path from 'node:path'
import { createVitest } from 'vitest/node'
import { suiteOf } from '../../reports/wording.ts'
import { playwrightCommand } from '../browser/playwright.ts'
import type { About } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { didYouMean, nearest } from '../profile/nearest.ts'
import { extension, isInBrowser, root, suites, suitesVariable } from '../tree.ts'
import { runBrowserChecks } from './browser-checks.ts'
import { currentProofs } from './proofs.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { checksProject, printed } from './vitest.ts'

export interface Listed extends About {
  readonly title: string
}

/** The files of all checks by id, absolute, sorted by id. Throws UsageError where those of the user are not to be had. */
export async function checkFiles(): Promise<Map<string, string>> {
  const files = await filesIn(suites, `*/*.check${extension}`)
  const further = process.env[suitesVariable]
  if (further !== undefined && further !== '')
    for (const [id, file] of await furtherFiles(further)) {
      if (files.has(id) || suiteOf(id) === zapSuite)
        throw new UsageError(
          `--suites: expected names that no check of Postern has, and no suite ${zapSuite}; seen ${id}; rename ${file}`,
        )
      files.set(id, file)
    }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function furtherFiles(folder: string): Promise<Map<string, string>> {
  const files = await filesIn(folder, '*/*.check.{ts,mts,js,mjs}')
  if (files.size === 0)
    throw new UsageError(
      `--suites: expected checks in ${folder}, each a file <suite>/<failing-state>.check.ts; seen none; correct the folder`,
    )
  const known = new Set(files.values())
  for await (const found of glob('**/*.check*.*', { cwd: folder, exclude: ['**/node_modules/**'] }))
    if (!known.has(path.join(folder, found)))
      throw new UsageError(
        `--suites: expected each check as <suite>/<failing-state>.check.ts (or .mts, .js, .mjs); seen ${found}; move or rename it`,
      )
  return files
}

async function filesIn(folder: string, pattern: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for await (const found of glob(pattern, { cwd: folder })) {
    const file = path.join(folder, found)
    const id = idOf(file)
    const other = files.get(id)
    if (other !== undefined)
      throw new UsageError(`--suites: expected one file for ${id}; seen ${other} and ${file}; rename one`)
    files.set(id, file)
  }
  return files
}

/** By its suite and its name. */
export function idOf(file: string): string {
  const name = path.basename(file).replace(/(\.browser)?\.check\.[a-z]+$/, '')
  return `${path.basename(path.dirname(file))}/${name}`
}

/**
 * The files of checks that each runner has to run; empty `only` is all. Without Playwright, Vitest has those of the browser as well,
 * to say so.
 */
export async function filesByRunner(
  only: readonly string[],
): Promise<{ vitest: string[]; browser: string[] }> {
  const chosen = [...(await checkFiles())].filter(([id]) => isSelected(id, only)).map(([, file]) => file)
  if (playwrightCommand === null) return { vitest: chosen, browser: [] }
  return { vitest: chosen.filter((file) => !isInBrowser(file)), browser: chosen.filter(isInBrowser) }
}

/** The ids of all that a run leaves out which is restricted to these; `zap`: the profile has a section for it. */
export async function notSelected(only: readonly string[], zap: boolean): Promise<string[]> {
  const ids = [...(await checkFiles()).keys()]
  // Nobody else pays for loading it.
  const parts = zap && only.length > 0 ? (await import('../zap/part-outcomes.ts')).partIds : []
  return [...ids, ...parts].filter((id) => !isSelected(id, only))
}

function isSelected(id: string, only: readonly string[]): boolean {
  return only.length === 0 || only.includes(id) || only.includes(suiteOf(id))
}

/** Its outcomes are not of checks: see `harness/zap`. */
export const zapSuite = 'zap'

/** The suites and checks to which a run is restricted; empty for all. Throws UsageError for a name that is none. */
export async function assertSelection(options: {
  suite?: readonly string[]
  check?: readonly string[]
}): Promise<string[]> {
  const ids = [...(await checkFiles()).keys()]
  const known = new Set([...ids.map(suiteOf), zapSuite])
  for (const suite of options.suite ?? [])
    if (!known.has(suite))
      throw new UsageError(
        `no suite ${suite}${ids.includes(suite) ? `; it is a check: --check ${suite}` : didYouMean(suite, [...known])}; there are ${[...known].join(', ')}`,
      )
  for (const check of options.check ?? [])
    if (!ids.includes(check))
      throw new UsageError(
        `no check ${check}${known.has(check) ? `; it is a suite: --suite ${check}` : meantCheck(check, ids)}; \`postern checks\` lists them`,
      )
  return [...(options.suite ?? []), ...(options.check ?? [])]
}

/** Many leave the suite out. */
function meantCheck(check: string, ids: readonly string[]): string {
  const nameOf = (id: string) => id.split('/')[1] ?? ''
  const name = nearest(check, ids.map(nameOf))
  const whole = ids.find((id) => nameOf(id) === name)
  return check.includes('/') || whole === undefined ? didYouMean(check, ids) : `; did you mean ${whole}?`
}

/** What every check says of itself, also into `recorder`; loads them without running any. */
export async function collectChecks(
  only: readonly string[] = [],
  recorder = createRecorder(),
): Promise<Listed[]> {
  const files = await filesByRunner(only)
  const order = { roles: ['target'], files: files.browser, provided: null } as const
  await Promise.all([
    files.vitest.length === 0 ? null : collectVitest(files.vitest, recorder),
    files.browser.length === 0 ? null : runBrowserChecks(order, recorder, { list: true }),
  ])
  recorder.faults.push(...undeclared([...files.vitest, ...files.browser], recorder))
  if (recorder.faults.length > 0)
    throw new Error(`the checks could not be loaded: ${recorder.faults.join('; ')}`)
  return recorder.all('target').map(({ about, title }) => ({ ...about, title }))
}

/** Files from which no check came, so that nobody takes them for looked at: a sentence each. */
export function undeclared(files: readonly string[], recorder: Recorder): string[] {
  const ids = new Set(recorder.all('target').map(({ about }) => about.id))
  return files
    .map(idOf)
    .filter((id) => !ids.has(id))
    .map((id) => `${id}: expected a check in its file, by test(title, about({…}), …) of the kit; seen none`)
}

async function collectVitest(files: readonly string[], recorder: Recorder): Promise<void> {
  const options = {
    ...{ config: false as const, root, watch: false, reporters: [{}] },
    projects: [checksProject('target', { files })],
  }
  const vitest = await createVitest('test', options, {}, printed())
  try {
    const { testModules, unhandledErrors } = await vitest.collect([], { staticParse: false })
    for (const module of testModules) {
      recorder.onTestModuleCollected?.(module)
      recorder.onTestModuleEnd?.(module)
    }
    recorder.faults.push(...unhandledErrors.map(String))
  } finally {
    await vitest.close()
  }
}

/** Prints the checks: a line each, or JSON with everything. */
export async function listChecks(json: boolean): Promise<void> {
  const checks = await collectChecks()
  const proofs = await currentProofs(checks)
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
