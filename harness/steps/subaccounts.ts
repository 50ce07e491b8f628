import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { unlessUnproven } from '../verdicts.ts'
import { attemptable, inTurn, prepareAttempt, tellsWhose } from './attempts.ts'
import { judgeDenial } from './denials.ts'
import { doorOf, keyInPlace, madeUpLike } from './doors.ts'
import { askForKey, keyOf, type MadeKey, makeKey } from './key-channels.ts'
import { placesOfNames, refusedIn } from './made-for-others.ts'
import { namesOf } from './names-of-owners.ts'
import { allScopes } from './networks-of-keys.ts'
import { onceEach } from './once.ts'
import { actingBy, makesForItself } from './projects.ts'
import { bears, freshMark, type Ground, owner, sampleOf } from './sample-input.ts'
import { canList, canMake, lookBack, make, toldApart } from './throw-away.ts'

/** A sub-account, and what a key of it does there. */
export interface Child {
  readonly id: string
  readonly key: MadeKey
  readonly credential: LiveCredential
  /** The same kit, in which the key does whatever principals of the profile would. */
  readonly kit: Kit
}

/** A guard: a new one, with a key of every scope, both made by the tenant above. */
export async function newSubaccount(kit: Kit): Promise<Child> {
  const { api, mailbox, verify } = kit
  const made = verify.accepted(await api.call('subaccount.create', { name: `postern ${mailbox.canary()}` }))
  const id = made.result?.['id']
  verify.held(
    typeof id === 'string',
    'subaccount.create gave no id',
    'map result.id of subaccount.create in the profile',
  )
  const key = await makeKey(kit, 'of a sub-account', allScopes(kit), { subaccount: String(id) })
  const credential = await keyInPlace(api, key.secret)
  return { id: String(id), key, credential, kit: actingBy(kit, credential) }
}

/** Somebody else’s account, and a kit of whoever it is of. */
interface Foreign {
  readonly what: string
  readonly id: string
  readonly kit: Kit & Pick<Ground, 'looksInLists' | 'isOthers'>
  /** It is above, and may be shown what its sub-accounts make. */
  readonly isAbove?: true
}

/** What reports call the one that tries. */
const stranger = 'a key of a sub-account'
const expected = 'nothing of another account'

/** Words by which APIs name the account that somebody acts for, and fields. */
const words = ['subaccount_id', 'account_id', 'on_behalf_of', 'tenant_id']
const fields = [
  ...['X-Subaccount', 'X-Subaccount-Id', 'X-Sub-Account', 'On-Behalf-Of', 'X-On-Behalf-Of'],
  ...['X-Mailgun-On-Behalf-Of', 'X-Account-Id', 'X-Tenant-Id'],
]

/**
 * Kinds of things that can be made and listed: one of those that most tenants have, and messages, since who sends for another sends at
 * his expense and in his name.
 */
function kindsToTry({ api }: Pick<Kit, 'api'>): string[] {
  const made = attemptable(api, 'create').map((name) => api.profile.operations[name]?.kind ?? '')
  const triable = [...new Set(made)].filter((kind) => canMake(api, kind) && canList(api, kind))
  const usual = ['contact', 'template', ...triable].find(
    (kind) => triable.includes(kind) && kind !== 'message',
  )
  return [...(usual === undefined ? [] : [usual]), ...triable.filter((kind) => kind === 'message')]
}

/** What a key of one sub-account can be tried with, towards its sibling and the tenant above. */
export async function escapes(kit: Kit, { one, other }: { one: Child; other: Child }): Promise<Part[]> {
  const { api, verify } = kit
  const kinds = kindsToTry(kit)
  const [kind = ''] = kinds
  verify.applies(kinds.length > 0, 'profile declares nothing that can be made and listed')
  const { tenant } = await namesOf(api, owner)
  const foreign: Foreign[] = [
    { what: 'its sibling', id: other.id, kit: { ...other.kit, looksInLists: true } },
    ...(tenant === null
      ? []
      : [
          {
            what: 'the account above',
            id: tenant,
            kit: { ...kit, looksInLists: true },
            isAbove: true,
          } as const,
        ]),
  ]
  const calls = attemptable(api)
    .map((name) => api.profile.operations[name])
    .filter((operation) => operation !== undefined)
    .filter((operation) => kinds.includes(operation.kind) && saysItsMark(kit, operation))
  /** Guards, once for each kind. Whose a message is need not stand in lists, nor need a new sub-account be able to send. */
  const listed = onceEach(async (each: string) => {
    const isSeen = seesItsOwn(each, one).then(() => true)
    return each === 'message' ? isSeen.catch(unlessUnproven) : isSeen
  })
  const sees = async (each: string) =>
    verify.applies(
      (await listed(each)) === true,
      'a sub-account sends no message there that its own list shows it: whose it became cannot be told',
    )
  const apart = onceEach((each: string) => keptApart(each, { one, other }))
  const kept = async (each: string) => {
    await sees(each)
    await apart(each)
  }
  /** A guard, once for each call and account; by which kit it is seen what is made for that one. */
  const makes = onceEach(
    ({ name, each }: { name: DeclaredOperation; each: Foreign }) => seenAsMade(name, one, each),
    ({ name, each }) => `${name} ${each.id}`,
  )
  return [
    ...calls
      .filter(({ object }) => object !== null)
      .flatMap(({ name, kind }) =>
        foreign.map((each) => ({
          name: `${name} of ${each.what}`,
          async judge() {
            await sees(kind)
            await byId(name, one, each)
          },
        })),
      ),
    ...kinds.flatMap((kind) =>
      foreign.map((each) => ({
        name: withoutAWord(kind, each),
        async judge() {
          await sees(kind)
          await showsNothing(kind, one, each)
        },
      })),
    ),
    ...calls
      .filter(
        ({ object, effect, name, kind }) =>
          object === null && (effect === 'create' || name === `${kind}.list`),
      )
      .flatMap(({ name, effect, kind }) =>
        placesOfNames(fields)
          .filter(({ name: place }) => effect === 'create' || place !== 'the body')
          .flatMap(({ name: place, ...where }) =>
            foreign.map((each) => ({
              name: `${name}, with ${each.what} in ${place}`,
              async judge() {
                await kept(kind)
                const seenBy = effect === 'create' ? await makes({ name, each }) : each.kit
                const names = Object.fromEntries(words.map((word) => [word, each.id]))
                const claim = { operation: name, as: one.credential, principal: stranger }
                await refusedIn({ ...claim, ...where, names, expected }, seenBy)
              },
            })),
          ),
      ),
    ...foreign.map((each) => ({
      name: `a key for ${each.what}`,
      async judge() {
        await kept(kind)
        await keyForOthers(kind, one, each)
      },
    })),
    ...(api.has('subaccount.suspend')
      ? [{ name: 'suspending its sibling', judge: () => suspendsNobody(kit, one) }]
      : []),
  ]
}

/** A message that is composed already has its mark where no list shows it. */
function saysItsMark(kit: Kit, operation: Operation): boolean {
  if (operation.sends !== true) return true
  const mark = freshMark()
  return bears(JSON.stringify(sampleOf(kit, operation, mark).input), mark)
}

const withoutAWord = (kind: string, { what }: Pick<Foreign, 'what'>) =>
  `${kind}.list, without a word of ${what}`

/** A guard: whoever makes something sees it. */
async function seesItsOwn(kind: string, { kit }: Child): Promise<void> {
  const made = await make(kit, kind, freshMark())
  kit.verify.held(
    (await lookBack(kit, kind, made)).there,
    `a key of a sub-account does not see the ${kind} that it made`,
    'what it is refused says nothing then: see the scopes of the profile, and key.create',
  )
}

/** Not applicable where all is shown to all: a word of the other one changes nothing then. */
async function keptApart(
  kind: string,
  { one, other }: { readonly one: Child; readonly other: Child },
): Promise<void> {
  const made = await make(one.kit, kind, freshMark())
  one.kit.verify.applies(
    !(await lookBack(other.kit, kind, { ...made, id: null })).there,
    `a sub-account sees the ${kind} of another one anyway, as “${withoutAWord(kind, { what: 'its sibling' })}” tells`,
  )
}

/**
 * A guard: what a sub-account makes for itself is told from what is made for the other one, by whose list or, where the account above is
 * shown all that its sub-accounts make, by that of the sub-account, which is shown what is its own alone.
 */
async function seenAsMade(
  name: DeclaredOperation,
  one: Child,
  { kit, isAbove }: Foreign,
): Promise<Foreign['kit']> {
  const byItsList = makesForItself(name, { one, other: { kit } }).then(() => kit)
  if (isAbove === undefined) return byItsList
  const seen = await byItsList.catch(unlessUnproven)
  if (seen !== null) return seen
  const isOthers: Foreign['kit']['isOthers'] = async (kind, { mark }) =>
    (await lookBack(one.kit, kind, { id: null, mark })).there
  const byBoth = { ...kit, isOthers }
  await makesForItself(name, { one, other: { kit: byBoth } })
  return byBoth
}

/** A verdict: what somebody else has made stands in no list that is asked for as it is. */
async function showsNothing(kind: string, one: Child, { what, kit }: Foreign): Promise<void> {
  const made = await make(kit, kind, freshMark())
  const { there } = await lookBack(one.kit, kind, { ...made, id: null })
  one.kit.verify.that(!there, {
    ...{ operation: `${kind}.list` as DeclaredOperation, expected, permission: 'own' },
    actual: `the list of a sub-account shows the ${kind} that ${what} has made`,
  })
}

function byId(name: DeclaredOperation, one: Child, { kit }: Foreign): Promise<void> {
  const { api } = kit
  return inTurn(kit, name, async () => {
    const attempt = await prepareAttempt(name, kit)
    if (api.profile.operations[name]?.effect === 'read') tellsWhose(attempt, kit)
    const { input } = attempt
    const request = await attempt.requestAs(one.credential)
    const exchange = await api.send(request, { operation: name, principal: stranger, input })
    await attempt.notCarriedOut(exchange, expected, { permission: 'own', last: true })
  })
}

/** A verdict: the account that is named for a key gives none to who is not above it. */
async function keyForOthers(kind: string, one: Child, { what, id, kit }: Foreign): Promise<void> {
  const { api, verify } = kit
  const hidden = await toldApart(kind, await make(kit, kind, freshMark()), { one: one.kit, other: kit })
  const as = one.credential
  const opensNothing = async () => {
    const made = await askForKey(one.kit, 'for others', allScopes(kit), { as, subaccount: id })
    const claim = { of: made, expected: `a key of a sub-account makes none for ${what}` }
    const isMade = made.answer === 'accepted'
    const secret = isMade ? keyOf(kit, made).secret : null
    const by = secret === null ? null : actingBy(kit, await keyInPlace(api, secret))
    const sees = by !== null && (await lookBack(by, kind, hidden)).there
    verify.that(!sees, { ...claim, actual: `one was made, and it sees a ${kind} there` })
    return made
  }
  await judgeDenial(kit, opensNothing, async () =>
    verify.accepted(await askForKey(kit, 'for itself', allScopes(kit))),
  )
}

/** A verdict: a sibling that somebody tried to suspend goes on. */
async function suspendsNobody(kit: Kit, one: Child): Promise<void> {
  const { api, mailbox, verify } = kit
  const third = await newSubaccount(kit)
  const madeUp = madeUpLike(third.key.secret, mailbox.canary())
  const door = await doorOf(kit, stranger, third.credential, madeUp)
  const exchange = await api.call('subaccount.suspend', { id: third.id }, one.credential)
  if (exchange.answer !== 'accepted') verify.answered(exchange)
  verify.that((await door.show(third.key.secret)).caller !== null, {
    ...{ of: exchange, expected: 'a sub-account goes on that another one would suspend' },
    actual: 'its key is not let in any more',
  })
}
