import type { Kit } from '../check/kit.ts'
import { attemptable, prepareAttempt } from './attempts.ts'
import type { Ground } from './sample-input.ts'

/** A principal of the admin's tenant whose credential has scopes, and the operations that they grant. */
export interface KeyHolder {
  readonly name: string
  readonly scopes: readonly string[]
  readonly granted: readonly string[]
  /** What they grant on its own objects alone. */
  readonly ownOnly: readonly string[]
}

/** A guard: what each scope grants is known. */
export function keyHolders({ profile, verify }: Pick<Kit, 'profile' | 'verify'>): KeyHolder[] {
  const tenant = profile.principals['admin']?.tenant
  const holders = Object.entries(profile.principals).flatMap(([name, { scopes, tenant: own }]) =>
    scopes === undefined || own !== tenant ? [] : [{ name, scopes, ...grantedBy(scopes, profile) }],
  )
  const unknown = holders.flatMap(({ scopes }) => scopes.filter((scope) => !(scope in profile.scopes)))
  verify.held(
    unknown.length === 0,
    `what ${unknown[0]} grants is not known`,
    'list it under scopes in the profile',
  )
  return holders
}

/** What one of them grants on everything, another need not. */
function grantedBy(
  scopes: readonly string[],
  profile: Pick<Kit['profile'], 'scopes' | 'ownOnly'>,
): Pick<KeyHolder, 'granted' | 'ownOnly'> {
  const granted = scopes.flatMap((scope) =>
    (profile.scopes[scope] ?? []).filter((name) => !profile.ownOnly.scopes[scope]?.includes(name)),
  )
  const own = scopes.flatMap((scope) => profile.ownOnly.scopes[scope] ?? [])
  return { granted, ownOnly: own.filter((name) => !granted.includes(name)) }
}

/** A guard: the key is let in by something that it may do. A key may make no wider ones, which says nothing of whether it lives. */
export async function seenAlive(
  ground: Ground,
  principal: string,
  granted: readonly string[],
): Promise<void> {
  const { api, verify } = ground
  const isKnown = (name: string) => {
    const { documented, effect } = api.profile.operations[name] ?? {}
    return documented === null || effect === 'read'
  }
  const whoami = api.has('principal.get') ? ['principal.get' as const] : []
  const own = [
    ...whoami,
    ...attemptable(api).filter((name) => granted.includes(name) && isKnown(name)),
  ].filter((operation) => !/^key\.(create|update|rotate)$/.test(operation))
  verify.held(own.length > 0, `nothing shows that the key of ${principal} lives`)
  for (const operation of own) {
    const { answer } =
      operation === 'principal.get'
        ? await api.call(operation, {}, principal)
        : await (await prepareAttempt(operation, ground)).asGranted(principal)
    if (answer === 'accepted') return verify.held(true, 'it lives')
  }
  verify.held(false, `${principal} was refused its own ${own.join(', ')}`)
}
