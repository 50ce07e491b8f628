import type { Kit } from '../check/kit.ts'
import type { Expectation, Untried } from '../model.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { attemptable, isDecided } from './attempts.ts'
import type { KeyHolder } from './key-holders.ts'

type Ground = Pick<Kit, 'api'>

/** What the scopes of each say of all operations that the profile knows, also of those that cannot be tried. */
export function tableOfScopes({ api }: Ground, holders: readonly KeyHolder[]): Untried[] {
  const expects = denying(api, 'scopes')
  return holders.flatMap(({ name, granted, ownOnly }) =>
    operationsOf(api).map((operation) => ({
      ...{ principal: name, operation },
      permission: granted.includes(operation)
        ? 'allowed'
        : ownOnly.includes(operation)
          ? 'own'
          : expects(operation),
    })),
  )
}

/** The same of the roles of these principals. */
export function tableOfRoles(
  { api }: Ground,
  holders: readonly { readonly principal: string; readonly role: string }[],
): Untried[] {
  const { roles, ownOnly } = api.profile
  const expects = denying(api, 'roles')
  const permission = (role: string, operation: DeclaredOperation): Expectation => {
    const table = roles[role] ?? []
    if (ownOnly.roles[role]?.includes(operation) === true) return 'own'
    return table === '*' || table.includes(operation) ? 'allowed' : expects(operation)
  }
  const byPrincipal = new Map(holders.map(({ principal, role }) => [principal, role]))
  return [...byPrincipal].flatMap(([principal, role]) =>
    operationsOf(api).map((operation) => ({
      ...{ principal, operation, permission: permission(role, operation) },
    })),
  )
}

/** Those that somebody needs a credential for. */
function operationsOf({ profile }: Ground['api']): DeclaredOperation[] {
  return Object.values(profile.operations)
    .filter(({ as }) => as === null || profile.principals[as]?.none !== true)
    .map(({ name }) => name)
}

/** Of what one is not granted: denied, where a table decides it at all. */
function denying(api: Ground['api'], table: 'roles' | 'scopes'): (name: DeclaredOperation) => Expectation {
  const tried = new Set(attemptable(api).filter((name) => isDecided(api, name, table)))
  const named = new Set(
    Object.values(api.profile[table]).flatMap((allowed) => (allowed === '*' ? [] : allowed)),
  )
  return (name) => (tried.has(name) || named.has(name) ? 'refused' : 'unsaid')
}

/** Told beside the verdict: the scopes, or roles, of the profile that nobody has who is tried, so that nothing is said of them. */
export function tellUntried(
  { verify }: Pick<Kit, 'verify'>,
  what: 'scope' | 'role',
  { declared, held }: { readonly declared: object; readonly held: Iterable<string> },
): void {
  const known = new Set(held)
  const untried = Object.keys(declared).filter((name) => !known.has(name))
  if (untried.length === 0) return
  verify.remark(
    `no principal has the ${what}${untried.length === 1 ? '' : 's'} ${untried.join(', ')}: what ${untried.length === 1 ? 'it opens' : 'they open'} besides was not tried`,
  )
}
