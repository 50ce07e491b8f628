import type { DeclaredOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/shape.ts'
import type { Ground } from './sample-input.ts'

/** What somebody may do by the tables of the profile. */
export interface Rights {
  /** By these; `null` where they have a role. */
  readonly scopes: readonly string[] | null
  readonly operations: readonly string[]
}

export function rightsHeldBy(profile: Profile, principal: string): Rights {
  const { scopes = null, role = '' } = profile.principals[principal] ?? {}
  if (scopes !== null) return { scopes, operations: scopes.flatMap((scope) => profile.scopes[scope] ?? []) }
  const may = profile.roles[role] ?? []
  return { scopes, operations: may === '*' ? Object.keys(profile.operations) : may }
}

const narrow = new WeakMap<Ground, Map<string, Ground>>()

/**
 * The same ground, in which a key that is made to try the call on may do nothing that whoever tries it may not: a wider one may be
 * refused for its rights alone, which says nothing of the right to the call. One of their own scopes, or of a role one of which it
 * may do all; the ground itself where there is none, and for calls that are not of keys.
 */
export function withNarrowKeys(
  ground: Ground,
  operation: DeclaredOperation,
  { scopes, operations }: Rights,
): Ground {
  const { profile } = ground.api
  // Whoever asks may have been asked with narrow ones already.
  if (profile.operations[operation]?.kind !== 'key' || ground.keyScopes !== undefined) return ground
  const within = (scopes ?? Object.keys(profile.scopes)).find((scope) => {
    const may = profile.scopes[scope] ?? []
    return may.length > 0 && may.every((name) => operations.includes(name))
  })
  if (within === undefined) return ground
  const known = narrow.get(ground) ?? new Map<string, Ground>()
  narrow.set(ground, known)
  const own = known.get(within) ?? { ...ground, keyScopes: [within] }
  known.set(within, own)
  return own
}
