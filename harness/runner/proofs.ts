import { createHash } from 'node:crypto'
import { access, glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { changedBy, type SwitchName } from '../../fixtures/reference-api/weaknesses/all.ts'
import type { Spent } from '../check/spending.ts'
import type { About } from '../model.ts'
import { checkFiles } from './checks.ts'
import { root } from './vitest.ts'

/**
 * That a check passed on the sound reference API and failed on each weak one; `suites/<suite>/proofs/<check>.json`. It
 * holds nothing of other checks, so that two authors never have to merge theirs.
 */
export interface Proof {
  /** SHA-256, in hex, of all that was proved: see `digestOf`. */
  readonly digest: string
  /** Requests that the check sent to the sound reference API, by HTTP. */
  readonly requests: number
  /** What else it asked of it; left out where that was not counted yet. */
  readonly spent?: Spent
  /** Operations that it used there, or asked whether they are declared. */
  readonly operations: readonly string[]
  /** The variants that it judged there, by stable name. */
  readonly variants: readonly string[]
  /** Which of them each weakness felled: places in that list, from 0 on. */
  readonly felled: Readonly<Record<string, readonly number[]>>
}

/** The variants that a weakness felled, by stable name. */
export function felledBy({ variants, felled }: Proof, weakness: string): string[] {
  return (felled[weakness] ?? []).flatMap((at) => variants[at] ?? [])
}

/** Those that no weakness felled. */
export function neverFelled({ variants, felled }: Proof): string[] {
  const some = new Set(Object.values(felled).flat())
  return variants.filter((_, at) => !some.has(at))
}

/** By check, all that there are. */
export async function readProofs(): Promise<Map<string, Proof>> {
  const proofs = new Map<string, Proof>()
  for await (const file of glob('suites/*/proofs/*.json', { cwd: root })) {
    const [, suite = '', , name = ''] = file.replaceAll('\\', '/').split('/')
    proofs.set(
      `${suite}/${path.basename(name, '.json')}`,
      JSON.parse(await readFile(path.join(root, file), 'utf8')) as Proof,
    )
  }
  return new Map([...proofs].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export async function writeProof(id: string, proof: Proof): Promise<void> {
  const [suite = '', name = ''] = id.split('/')
  const folder = path.join(root, 'suites', suite, 'proofs')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, `${name}.json`), `${textOf(proof)}\n`)
}

/** Lists of numbers on one line each: a proof is read in a diff. */
function textOf(proof: Proof): string {
  return JSON.stringify(proof, null, 2).replace(/\[[\s\d,]*\]/g, (list) => list.replace(/\s+/g, ' '))
}

/** What of a check has to do with its proof. */
type Proved = Pick<About, 'id' | 'weaknesses' | 'habits'>

/** By check: its digest, where what was proved is what stands there now. A check that was changed since is missing. */
export async function currentProofs(checks: readonly Proved[]): Promise<Map<string, string>> {
  const proofs = await readProofs()
  const digests = await digestsOf(checks)
  return new Map(
    [...digests].filter(([id, digest]) => digest !== null && proofs.get(id)?.digest === digest) as [
      string,
      string,
    ][],
  )
}

/** By check; `null` for one without a file. */
export async function digestsOf(checks: readonly Proved[]): Promise<Map<string, string | null>> {
  const files = await checkFiles()
  return new Map(
    await Promise.all(
      checks.map(async (check) => {
        const file = files.get(check.id)
        return [
          check.id,
          file === undefined ? null : await digestOf(file, [...check.weaknesses, ...(check.habits ?? [])]),
        ] as const
      }),
    ),
  )
}

/** What its checks share with all others is proved by tests of its own. */
const ownModules = /^(suites|harness\/(steps|probes))\//
const corporaModule = 'harness/probes/corpora.ts'

/**
 * Of the check's file and its modules, steps and probes; the corpora that these name; its weaknesses and habits, and the
 * decisions of the sound reference API that they exchange.
 */
export async function digestOf(file: string, switched: readonly string[]): Promise<string> {
  const modules = new Map<string, string>()
  const add = async (module: string): Promise<void> => {
    if (modules.has(module) || module === corporaModule || !ownModules.test(module)) return
    const text = await readFile(path.join(root, module), 'utf8')
    modules.set(module, text)
    const imported = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, to = '']) =>
      path.posix.join(path.posix.dirname(module), to),
    )
    await Promise.all(imported.map(add))
  }
  await add(file)
  const words = new Set(
    [...modules.values()].flatMap((text) => [...text.matchAll(/'([a-z0-9-]+)'/g)].map((m) => m[1])),
  )
  const corpora = await Promise.all(
    [...words].sort().map(async (word) => {
      const corpus = `fixtures/corpora/${word}.json`
      const there = await access(path.join(root, corpus)).then(
        () => true,
        () => false,
      )
      return there ? [[corpus, await readFile(path.join(root, corpus), 'utf8')] as const] : []
    }),
  )
  const changes = switched.toSorted().map((name) => [name, changedBy(name as SwitchName)] as const)
  const all = [...[...modules].sort(([a], [b]) => (a < b ? -1 : 1)), ...corpora.flat(), ...changes]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}
