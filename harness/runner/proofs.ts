import { glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Spent } from '../check/spending.ts'
import type { About } from '../model.ts'
import { isPackage, root } from '../tree.ts'

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
export type Proved = Pick<About, 'id' | 'weaknesses' | 'habits'>

/**
 * By check: its digest, where what was proved is what stands there now. A check that was changed since is missing. A package is made
 * of what was proved, and has no sources by which to tell.
 */
export async function currentProofs(checks: readonly Proved[]): Promise<Map<string, string>> {
  const proofs = await readProofs()
  if (isPackage) return new Map([...proofs].map(([id, { digest }]) => [id, digest]))
  // Nobody else pays for loading the reference API.
  const { digestsOf } = await import('./digests.ts')
  const digests = await digestsOf(checks)
  return new Map(
    [...digests].filter(([id, digest]) => digest !== null && proofs.get(id)?.digest === digest) as [
      string,
      string,
    ][],
  )
}
