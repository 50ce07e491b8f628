import type { DeclaredOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/shape.ts'
import type { Ground } from './sample-input.ts'

/** What a principal may do by the tables of the profile: its scopes, else its role. */
export function allowedTo(
  { principals, roles, scopes: table, operations }: Profile,
  principal: string,
): readonly string[] {
  const { scopes, role } = principals[principal] ?? {}
  if (scopes !== undefined) return scopes.flatMap((scope) => table[scope] ?? [])
  const may = roles[role ?? ''] ?? []
  return may === '*' ? Object.keys(operations) : may
}

const narrow = new WeakMap<Ground, Map<string, Ground>>()

/**
 * The same ground, in which a key that is made to try the call on may do nothing that whoever tries it may not, as far as there is a
 * scope for that: a wider one may be refused for its rights alone, which says nothing of the right to the call.
 */
export function withNarrowKeys(
  ground: Ground,
  operation: DeclaredOperation,
  allowed: readonly string[],
): Ground {
  const { operations, scopes } = ground.api.profile
  if (operations[operation]?.kind !== 'key') return ground
  const within = Object.entries(scopes).find(
    ([, may]) => may.length > 0 && may.every((name) => allowed.includes(name)),
  )
  if (within === undefined) return ground
  const [scope] = within
  const known = narrow.get(ground) ?? new Map<string, Ground>()
  narrow.set(ground, known)
  const own = known.get(scope) ?? { ...ground, keyScopes: [scope] }
  known.set(scope, own)
  return own
}
