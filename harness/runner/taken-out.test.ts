import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, test, vi } from 'vitest'
import { parseDocument } from 'yaml'
import { judge } from '../check/judgement.ts'
import { sandboxOf } from '../check/kit.ts'
import type { Instance } from '../check/provided.ts'
import { root } from '../tree.ts'
import { checkFiles } from './checks.ts'
import { type Declared, declared } from './declared.testing.ts'
import { readProofs } from './proofs.ts'
import { referenceProfile } from './reference-profile.ts'
import { startWorld, type World } from './world.ts'

// Most of what they do is to wait.
vi.setConfig({ testTimeout: 0, hookTimeout: 0, maxConcurrency: 4 })

vi.mock('../check/check.ts', () => import('./declared.testing.ts'))

let world: World
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-taken-out-'))
  world = await startWorld({
    ...{ reach: 'disruptive', seed: 1 },
    budget: { requests: 1_000_000, mails: 100_000 },
  })
  for (const file of (await checkFiles()).values())
    if (!file.endsWith('.browser.check.ts')) await import(file)
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

const document = parseDocument(await readFile(referenceProfile, 'utf8'))
const operations = Object.keys((document.toJS() as { operations: object }).operations)
const proofs = await readProofs()

/** Some of each kind: those that differ in what is sent alone run through the same lines. */
function someVariantsOf(id: string): string[] {
  const variants = proofs.get(id)?.variants ?? []
  return variants.filter((_, at) => at % Math.ceil(variants.length / 16) === 0)
}

/** The reference API's profile without this operation. */
async function profileWithout(operation: string): Promise<string> {
  const changed = document.clone()
  changed.deleteIn(['operations', operation])
  // A page that mail leads to is refused without it, before anything runs.
  if (operation === 'message.send') changed.delete('pages')
  changed.setIn(['target', 'embedded'], path.join(root, 'fixtures/reference-api/start.ts'))
  // Beside other runs what is told by times alone is not judged.
  changed.setIn(['policies', 'timing'], { difference: 300 })
  const file = path.join(folder, `${operation}.yaml`)
  await writeFile(file, changed.toString())
  return file
}

// Principals sign in by session.create: without it the profile itself is refused.
test.concurrent.for(operations.filter((name) => name !== 'session.create'))(
  'a profile without %s: what used it has a verdict, does not apply or says what is missing, and nothing is an error',
  async (operation, { expect }) => {
    const profile = await profileWithout(operation)
    const concerned = declared.filter(
      ({ about }) => proofs.get(about.id)?.operations.includes(operation) ?? true,
    )
    const sandbox = sandboxOf(world.provided)
    // Targets of their own: in others they would meet what the profiles before have used up.
    const inFront = async <T>(work: (instance: Instance) => Promise<T>) => {
      const instance = (await sandbox.call('target.start', { weaknesses: [] })) as Instance
      try {
        return await work(instance)
      } finally {
        await sandbox.call('target.stop', { id: instance.id })
      }
    }
    const verdictOf = async ({ about, body }: Declared, instance: Instance) => {
      const felled = proofs.has(about.id) ? { [about.id]: { '': someVariantsOf(about.id) } } : {}
      const provided = { ...world.provided, profile, felled, instance }
      const run = { runner: 'vitest', role: 'target', switched: null, more: {} } as const
      const { verdict, reason } = await judge({ ...run, about, body, provided })
      return { check: about.id, verdict, reason }
    }
    const verdicts = await inFront((instance) =>
      Promise.all(
        concerned.filter(({ about }) => !about.exclusive).map((check) => verdictOf(check, instance)),
      ),
    )
    for (const check of concerned.filter(({ about }) => about.exclusive))
      verdicts.push(await inFront((instance) => verdictOf(check, instance)))
    // What cannot be made any more is read where there is one: in a new target there is none.
    const open = verdicts.filter(
      ({ reason }) =>
        !/shows (?:the owner none|admin nothing)|says nothing by which to tell/.test(reason ?? ''),
    )
    expect(open.filter(({ verdict }) => !['pass', 'not-applicable'].includes(verdict))).toEqual([])
    expect(verdicts.map(({ verdict }) => verdict)).not.toContain('error')
    expect(verdicts.map(({ verdict }) => verdict)).not.toContain('fail')
  },
)
