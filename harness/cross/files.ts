import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bySuite, changedBy, type WeaknessName } from '../../fixtures/reference-api/weaknesses/all.ts'
import { type Proof, readProofs } from '../runner/proofs.ts'
import { root } from '../tree.ts'
import { type CrossRows, crossPage, type Explained, type Faulty, type Owners, ownersOf } from './table.ts'

/** Run whole on each of their weaknesses. */
export const crossed = ['auth', 'oauth', 'mfa', 'keys', 'access'] as const

const state = path.join(root, 'suites', 'cross.json')
const reasons = path.join(root, 'suites', 'cross-explained.json')
export const page = path.join(root, 'docs', 'cross.md')

export const faulty: readonly Faulty[] = crossed.flatMap((suite) =>
  Object.keys(bySuite[suite]).map((name) => ({ suite, name })),
)

export async function readRows(): Promise<CrossRows> {
  return JSON.parse(await readFile(state, 'utf8').catch(() => '{}'))
}

/** The rows, and the page that shows them. */
export async function writeRows(rows: CrossRows): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1)))
  await writeFile(state, `${JSON.stringify(sorted, null, 2)}\n`)
  await writeFile(page, await pageOf(sorted))
}

export async function pageOf(rows: CrossRows): Promise<string> {
  return crossPage(faulty, rows, await readOwners(), await readExplained())
}

export async function readExplained(): Promise<Explained> {
  return JSON.parse(await readFile(reasons, 'utf8'))
}

/** By what was proved. */
export async function readOwners(): Promise<Owners> {
  const proofs = await readProofs()
  return ownersOf(new Map([...proofs].map(([check, { felled }]) => [check, Object.keys(felled)])))
}

/** What a row is of: the weakness, and the checks of the suites as they were proved. */
export async function readDigestOf(): Promise<(name: string) => string> {
  const looking = [...(await readProofs())].filter(([check]) =>
    crossed.some((suite) => check.startsWith(`${suite}/`)),
  )
  const checks = looking.map(([check, { digest }]: [string, Proof]) => `${check} ${digest}`)
  return (name) =>
    createHash('sha256')
      .update(JSON.stringify([checks, changedBy(name as WeaknessName)]))
      .digest('hex')
}
