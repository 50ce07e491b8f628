import { judge } from '../check/judgement.ts'
import { sandboxOf } from '../check/kit.ts'
import type { Instance } from '../check/provided.ts'
import type { Finding } from '../model.ts'
import { declared } from './declared.testing.ts'
import type { World } from './world.ts'

/**
 * What the checks that are declared say of a target that a library stands behind, called in one of its ways, by their ids: what each
 * finds, a line each; or `not-applicable`; or why it is unproven. What passes is left out.
 */
export async function judgedLibrary(
  { provided }: World,
  library: string,
  way: string,
): Promise<Readonly<Record<string, readonly string[] | string>>> {
  const sandbox = sandboxOf(provided)
  const instance = (await sandbox.call('target.start', { weaknesses: [library, way] })) as Instance
  try {
    const found = await Promise.all(
      declared.map(async ({ about, body }) => {
        const run = { runner: 'vitest', role: 'target', switched: null, more: {} } as const
        const judged = await judge({ ...run, about, body, provided: { ...provided, instance } })
        return [about.id, said(judged)] as const
      }),
    )
    return Object.fromEntries(found.filter(([, what]) => what !== 'pass'))
  } finally {
    await sandbox.call('target.stop', { id: instance.id })
  }
}

function said({
  verdict,
  reason,
  findings,
}: {
  verdict: string
  reason: string | null
  findings: readonly Finding[]
}) {
  if (verdict === 'fail') return [...new Set(findings.map(lineOf))].toSorted()
  return verdict === 'unproven' ? (reason ?? '').replace(/[,;].*/s, '') : verdict
}

/** Whoever a token names, what was found is the same. */
function lineOf({ variant, severity }: Finding): string {
  const name = (variant ?? '').replace(/,? ?(own identity|the neighbour’s identity)$/, '')
  return ['low', 'medium'].includes(severity) ? `${severity}: ${name}` : name
}
