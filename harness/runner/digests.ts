import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { changedBy, type SwitchName } from '../../fixtures/reference-api/weaknesses/all.ts'
import { root } from '../tree.ts'
import { checkFiles } from './checks.ts'
import type { Proved } from './proofs.ts'

/** By check; `null` for one without a file. */
export async function digestsOf(checks: readonly Proved[]): Promise<Map<string, string | null>> {
  const files = await checkFiles()
  return new Map(
    await Promise.all(
      checks.map(async (check) => {
        const file = files.get(check.id)
        return [
          check.id,
          file === undefined
            ? null
            : await digestOf(relative(file), [...check.weaknesses, ...(check.habits ?? [])]),
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

function relative(file: string): string {
  return path.relative(root, file).replaceAll(path.sep, '/')
}
