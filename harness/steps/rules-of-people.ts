import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import type { InputOf, OperationName } from '../profile/operations.ts'
import { Unproven } from '../verdicts.ts'
import { type Account, createAccounts, sessionIn, signInSaying } from './accounts.ts'
import { judgeDenial } from './denials.ts'
import { type Door, doorOfSession } from './doors.ts'
import { onceEach } from './once.ts'
import { again, type SignedIn, signedIn } from './signed-in.ts'

type RulesKit = Pick<Kit, 'api' | 'mailbox' | 'verify'>

/** What a call says of itself, which is no evidence. */
export interface Claim extends Variant {
  change(request: HttpRequest): HttpRequest
  /** What it says, bit by bit: tried where whoever says all of it at once is not let in for that. */
  readonly alone?: readonly Claim['change'][]
}

/** A part of the rule of somebody by which they are kept out here and now. */
export interface Shut extends Variant {
  readonly value: unknown
  /** By which they might be let in for all that. */
  readonly claims?: readonly Claim[]
}

export interface PartOfRule {
  /** By which input of `user.update` it is set. */
  readonly part: Extract<InputOf<'user.update'>, 'networks' | 'hours' | 'devices'>
  /** Rules by which somebody is let in here and now, of which the first that the target takes is set; none where that is left out. */
  readonly open?: readonly unknown[]
  readonly shut: readonly Shut[]
}

/** Says this in fields of its own. */
export function saying(fields: Readonly<Record<string, string>>): Claim['change'] {
  const names = Object.keys(fields).map((name) => name.toLowerCase())
  return (request) => ({
    ...request,
    headers: [
      ...request.headers.filter(([name]) => !names.includes(name.toLowerCase())),
      ...Object.entries(fields),
    ],
  })
}

/** Somebody with a session that was seen to let in. */
interface Comer {
  readonly account: Account
  readonly token: string
  readonly door: Door
}

interface Shown {
  readonly exchange: Exchange
  readonly isIn: boolean
}

interface Way extends Variant {
  readonly operation: OperationName
  show(comer: Comer, change: Claim['change']): Promise<Shown>
}

const asItIs: Claim = { name: '', change: (request) => request }

/**
 * A verdict: whom such a rule keeps out neither signs in nor goes on with a session from before, whatever a call claims. A guard:
 * somebody whom no rule, or an open one, keeps out is let in the same way.
 */
export async function keptOutByRules(kit: RulesKit, { part, open, shut }: PartOfRule): Promise<void> {
  const { api, verify } = kit
  const [free, ...bound] = await Promise.all([
    (async () => {
      const account = await createAccounts(kit).create('free')
      if (open !== undefined) await setFirstRule(kit, account, part, open)
      return comerOf(kit, await again(kit, account))
    })(),
    ...shut.map(async (each) => {
      const comer = await comerOf(kit, await signedIn(kit, 'bound'))
      return { ...each, comer, by: await setRule(kit, comer.account, part, each.value) }
    }),
  ])
  const everyWay = ways(kit)
  const sayingSo = onceEach(
    ({ way, claim }: { readonly way: Way; readonly claim: Claim }) => thatLetIn(kit, free, way, claim),
    ({ way, claim }) => `${way.name} ${claim.name}`,
  )
  const variants = bound.flatMap(({ name, claims = [], comer, by }) =>
    [asItIs, ...claims].flatMap((claim) =>
      everyWay.map((way) => {
        const so = [way.name, claim.name].filter((each) => each !== '').join(', ')
        return { way, claim, name: name === '' ? so : `${name}: ${so}`, comer, by }
      }),
    ),
  )
  await verify.each(variants, async ({ way, claim, comer, by }) => {
    for (const change of await sayingSo({ way, claim })) {
      const staysOut = async () => {
        const { exchange, isIn } = await way.show(comer, change)
        verify.that(!isIn, {
          ...{ operation: way.operation, of: exchange, after: by },
          expected: `nobody is let in whom the ${part} of their rule keep out`,
          actual: `it was answered ${api.said(exchange)}`,
        })
        return exchange
      }
      await judgeDenial(kit, staysOut, async () => verify.held((await way.show(free, change)).isIn, notLetIn))
    }
  })
}

const notLetIn = 'somebody whom their rule lets in is not let in so'

/** A guard: what somebody says whom no rule keeps out and who is let in so: all of it at once, or else what lets them in by itself. */
async function thatLetIn(
  { verify }: RulesKit,
  free: Comer,
  { show }: Way,
  { change, alone = [] }: Claim,
): Promise<readonly Claim['change'][]> {
  const atOnce = await show(free, change)
  if (atOnce.isIn) return [change]
  if (alone.length > 0) verify.answered(atOnce.exchange)
  const shown = await Promise.all(alone.map(async (each) => ({ each, ...(await show(free, each)) })))
  const open = shown.filter(({ isIn }) => isIn)
  verify.held(open.length > 0, notLetIn)
  for (const { exchange } of shown) verify.answered(exchange)
  return open.map(({ each }) => each)
}

/** A guard: the rule can be set. */
async function setRule(
  { api, verify }: RulesKit,
  { id }: Account,
  part: PartOfRule['part'],
  value: unknown,
): Promise<Exchange> {
  verify.held(id !== null, 'user.create gave no id', 'map result.id of user.create in the profile')
  return verify.accepted(await api.call('user.update', { id, [part]: value }))
}

/** The same of the first of these that is not refused: networks may have to be of IPv4. */
async function setFirstRule(
  kit: RulesKit,
  account: Account,
  part: PartOfRule['part'],
  [first, ...others]: readonly unknown[],
): Promise<Exchange> {
  if (others.length === 0) return setRule(kit, account, part, first)
  return setRule(kit, account, part, first).catch((error: unknown) => {
    const isRefused = error instanceof Unproven && ['invalid', 'refused'].includes(error.answer ?? '')
    if (!isRefused) throw error
    return setFirstRule(kit, account, part, others)
  })
}

/** A guard: the session lets in. */
async function comerOf(kit: RulesKit, { session, ...account }: SignedIn): Promise<Comer> {
  return { account, token: session.token, door: await doorOfSession(kit, session) }
}

function ways(kit: RulesKit): readonly Way[] {
  return [
    {
      ...{ name: 'signing in', operation: 'session.create' },
      async show({ account, door }, change) {
        const exchange = await signInSaying(kit, account, change)
        const credential = exchange.answer === 'accepted' ? sessionIn(kit, exchange) : null
        if (credential === null) return { exchange, isIn: false }
        // A session that opens nothing is nothing.
        const shown = await door.show(credential.token, { change })
        return { exchange: shown.caller === null ? shown.exchange : exchange, isIn: shown.caller !== null }
      },
    },
    {
      ...{ name: 'a session from before', operation: 'user.update' },
      async show({ token, door }, change) {
        const { exchange, caller } = await door.show(token, { change })
        return { exchange, isIn: caller !== null }
      },
    },
  ]
}
