import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { root } from './vitest.ts'

const file = `${root}suites/proofs.json`

/** That a check passed on the sound reference API and failed, by its weakness, on the weak one. */
export interface Proof {
  /** SHA-256 of the check's file when it was proved, in hex. */
  readonly digest: string
  readonly weakness: string
  /** Requests that the check sent to the sound reference API. */
  readonly requests: number
}

interface ProofFile {
  readonly revision: string
  readonly proofs: Readonly<Record<string, Proof>>
}

/** By check: the revision that proved it as it stands. A check that was changed since is missing. */
export async function readProofs(file = readProofFile()): Promise<Map<string, string>> {
  const { revision, proofs } = await file
  const current = await Promise.all(
    Object.entries(proofs).map(
      async ([id, { digest }]) => [id, digest !== '' && digest === (await digestOf(id))] as const,
    ),
  )
  return new Map(current.filter(([, unchanged]) => unchanged).map(([id]) => [id, revision]))
}

export async function readProofFile(): Promise<ProofFile> {
  const none = { revision: '', proofs: {} }
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as ProofFile,
    () => none,
  )
}

export async function writeProofs(proofs: ProofFile): Promise<void> {
  await writeFile(file, `${JSON.stringify(proofs, null, 2)}\n`)
}

/** Of the file of a check, `''` where there is none. */
export async function digestOf(id: string): Promise<string> {
  const bytes = await readFile(`${root}suites/${id}.check.ts`).catch(() =>
    readFile(`${root}suites/${id}.browser.check.ts`).catch(() => null),
  )
  return bytes === null ? '' : createHash('sha256').update(bytes).digest('hex')
}
