import type { Variant } from '../check/verify.ts'
import { type DeclaredOperation, operations } from '../profile/operations.ts'
import type { Operation, Profile } from '../profile/shape.ts'
import { attemptable, deniedTo, eachReference, isDecided, prepareAttempt } from './attempts.ts'
import { rightsHeldBy, withNarrowKeys } from './narrow-keys.ts'
import { freshMark, type Ground, owner, sampleOf } from './sample-input.ts'
import { canMake, heldToReading, make, makingOf } from './throw-away.ts'

/** What a role may do by its table: everything of the operation, nothing, or one half of what is to be done to its own alone. */
type Right = 'allowed' | 'denied' | 'allowed on its own' | 'denied on what others made'

/** A principal of a role, and one operation of the table of its role. */
export interface Cell extends Variant {
  readonly principal: string
  readonly role: string
  readonly operation: DeclaredOperation
  readonly right: Right
}

/** Each that can be judged, for the principals of the admin's tenant that have a role. */
export function cellsOf({ api }: Pick<Ground, 'api'>): Cell[] {
  const { profile } = api
  const decided = attemptable(api).filter((operation) => isDecided(api, operation, 'roles'))
  return Object.entries(profile.principals).flatMap(([principal, { role, tenant }]) =>
    role === undefined || profile.roles[role] === undefined || !isOurs(principal, tenant, profile)
      ? []
      : decided.flatMap((operation) =>
          rightsOf(profile, role, operation).map(({ right, on }) => ({
            ...{ name: `${role} tries ${operation}${on}`, principal, role, operation, right },
          })),
        ),
  )
}

/** The neighbour is of another tenant by that name, also where nothing is said of tenants. */
function isOurs(principal: string, tenant: string | undefined, { principals }: Profile): boolean {
  const ours = principals[owner]?.tenant
  return tenant === ours && (ours !== undefined || principal !== 'neighbour')
}

function rightsOf(
  { roles, ownOnly }: Profile,
  role: string,
  operation: DeclaredOperation,
): { readonly right: Right; readonly on: string }[] {
  const table = roles[role] ?? []
  if (ownOnly.roles[role]?.includes(operation) === true)
    return [
      { right: 'allowed on its own', on: ' on its own' },
      { right: 'denied on what others made', on: ' on what others made' },
    ]
  return [{ right: table === '*' || table.includes(operation) ? 'allowed' : 'denied', on: '' }]
}

/** A verdict: the target does with the call what the table says. */
export async function asItsTableSays(cell: Cell, wide: Ground): Promise<void> {
  const { principal, role, operation, right } = cell
  const ground = withNarrowKeys(wide, operation, rightsHeldBy(wide.api.profile, principal))
  const permission = right === 'allowed' ? right : right === 'denied' ? 'refused' : 'own'
  ground.verify.asks([{ principal, operation, permission }])
  switch (right) {
    case 'denied':
      return deniedTo(principal, operation, ground, `${operation} refused to ${role}`)
    case 'denied on what others made':
      return deniedOnOthers(
        principal,
        operation,
        ground,
        `${operation} refused to ${role} on what others made`,
      )
    case 'allowed on its own':
      return allowedOnOwn(cell, ground)
    case 'allowed': {
      const attempt = await prepareAttempt(operation, ground)
      return attempt.granted(principal, `${operation} allowed to ${role}, as its table says`)
    }
  }
}

/** A verdict: it is done to nothing that others of the tenant made, which weighs less than what is another tenant’s. */
export async function deniedOnOthers(
  principal: string,
  operation: DeclaredOperation,
  wide: Ground,
  expected: string,
): Promise<void> {
  const ground = withNarrowKeys(wide, operation, rightsHeldBy(wide.api.profile, principal))
  const { api, verify } = ground
  const making = makingOf(api, api.profile.operations[operation]?.kind ?? '')
  verify.held(
    principal !== owner && making?.by !== principal,
    `what ${operation} is tried on is made by ${principal} itself`,
    `have somebody else make it: ${making?.operation ?? operation} with as in the profile`,
  )
  await eachReference({ principal, mayOnOwn: true }, operation, ground, async (attempt) =>
    attempt.notCarriedOut(await attempt.tryAs(principal), expected, { severity: 'high' }),
  )
}

async function allowedOnOwn({ principal, role, operation: name }: Cell, ground: Ground): Promise<void> {
  const { api, verify } = ground
  const operation = api.profile.operations[name]
  if (operation === undefined) return
  if (operation.effect !== 'read' && ground.runReach === 'safe') throw heldToReading(name)
  const own = operation.object === null ? null : await ownOf(operation, principal, role, ground)
  const { input } = sampleOf(ground, operation, freshMark())
  const exchange = await api.call(name, { ...input, ...own?.reference(operation) }, principal)
  verify.answered(exchange)
  verify.that(exchange.answer === 'accepted', {
    ...{ of: exchange, severity: 'low', permission: 'own' },
    seen: exchange.answer === 'accepted' ? 'accepted' : 'refused',
    expected: `${name} allowed to ${role} on what it made itself, as its table says`,
    actual: `it was answered ${api.said(exchange)}`,
  })
}

/** What it made itself; not applicable where by its table it makes none. */
async function ownOf({ name, kind }: Operation, principal: string, role: string, ground: Ground) {
  const { api, verify } = ground
  const { onto } = operations[name] ?? {}
  const [making, table] = [makingOf(api, kind), api.profile.roles[role]]
  verify.applies(
    making !== null &&
      canMake(api, kind, onto) &&
      (table === '*' || table?.includes(making.operation) === true),
    `by its table ${role} makes no ${kind}, so that it has none of its own to try ${name} on`,
  )
  return make(ground, kind, freshMark(), onto, principal)
}
