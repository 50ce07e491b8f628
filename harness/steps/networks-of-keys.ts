import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { clientAddressHeaders } from '../probes/corpora.ts'
import type { OperationName, PseudoOperation } from '../profile/operations.ts'
import { judgeDenial } from './denials.ts'
import { doorOf, keyInPlace, madeUpLike } from './doors.ts'
import { type MadeKey, makeKey } from './key-channels.ts'

export type NetworksKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'submission' | 'verify'>

/** Nobody is there: TEST-NET-1 (RFC 5737 §3). */
const elsewhere = '192.0.2.10'
export const networksElsewhere = [`${elsewhere}/32`]

/** A way of showing a key at a target that is to look at where it comes from. */
export interface WayIn extends Variant {
  readonly operation: OperationName | PseudoOperation
  /** What a key is answered, and whether it is let in. */
  show(key: MadeKey): Promise<{ readonly exchange: Exchange; readonly isIn: boolean }>
  /** Whether a key is let in so, which is asked once of all such ways where it is let in by all of them in one request. */
  letsIn(key: MadeKey): Promise<boolean>
}

/** Every scope, so that there is a read by which to see who is let in; `undefined` where keys have none. */
export function allScopes({ api }: Pick<Kit, 'api'>): string[] | undefined {
  const scopes = Object.keys(api.profile.scopes)
  return scopes.length > 0 ? scopes : undefined
}

/**
 * By HTTP, as it is and with each field that claims to come from one of these, and by SMTP AUTH. A guard: the key lets in by a read,
 * which a made-up one does not.
 */
export async function waysIn(
  kit: NetworksKit,
  key: MadeKey,
  claims: readonly { readonly name: string; readonly header: string; readonly value: string }[] = [],
): Promise<WayIn[]> {
  const { api, mailbox, post, submission } = kit
  const as = await keyInPlace(api, key.secret)
  const madeUp = madeUpLike(key.secret, mailbox.canary())
  const refersTo = api.profile.operations['key.create']?.as ?? undefined
  const door = await doorOf(kit, 'a key that is good here and now', as, madeUp, { refersTo })
  const showWith = async ({ secret }: MadeKey, fields: typeof claims) => {
    const change = (request: HttpRequest) => ({
      ...request,
      headers: [...request.headers, ...fields.map(({ header, value }) => [header, value] as const)],
    })
    const { exchange, caller } = await door.show(secret, fields.length === 0 ? {} : { change })
    return { exchange, isIn: caller !== null }
  }
  const bySubmission = {
    async show({ secret, user }: MadeKey) {
      const exchange = await post.authenticate(secret, { user })
      return { exchange, isIn: exchange.answer === 'accepted' }
    },
    letsIn: async (key: MadeKey) => (await bySubmission.show(key)).isIn,
  }
  const byAll = new Map<string, Promise<boolean>>()
  const letInByAll = (key: MadeKey) => {
    const known = byAll.get(key.secret) ?? showWith(key, claims).then(({ isIn }) => isIn)
    byAll.set(key.secret, known)
    return known
  }
  return [
    {
      ...{ name: 'HTTP', operation: 'key.create' },
      show: (key) => showWith(key, []),
      letsIn: async (key) => (await showWith(key, [])).isIn,
    },
    ...claims.map(
      (claim): WayIn => ({
        ...{ name: `HTTP, with ${claim.name}`, operation: 'key.create' },
        show: (key) => showWith(key, [claim]),
        letsIn: async (key) => (await letInByAll(key)) || (await showWith(key, [claim])).isIn,
      }),
    ),
    ...(submission.ports.length === 0
      ? []
      : [{ ...{ name: 'SMTP AUTH', operation: 'submission.authenticate' as const }, ...bySubmission }]),
  ]
}

/** Fields by which proxies tell whom they forward for, each with the address where nobody is. */
export const claimsOfElsewhere = clientAddressHeaders({ ip: elsewhere, n: '1' }).filter(({ value }) =>
  value.includes(elsewhere),
)

/** A verdict: a key is let in by none of these ways. A guard: each lets in the one that is good. */
export async function keptOut(
  { api, verify }: NetworksKit,
  ways: readonly WayIn[],
  { good, bad }: { readonly good: MadeKey; readonly bad: MadeKey },
  expected: string,
): Promise<void> {
  const notLetIn = 'a key that is good here and now is not let in so'
  await verify.each(ways, async ({ operation, show, letsIn }) => {
    verify.held(await letsIn(good), notLetIn)
    const staysOut = async () => {
      const { exchange, isIn } = await show(bad)
      const actual = `it was answered ${api.said(exchange)}`
      verify.that(!isIn, { operation, of: exchange, expected, actual })
      return exchange
    }
    await judgeDenial({ verify }, staysOut, async () => verify.held((await show(good)).isIn, notLetIn))
  })
}

/** A guard: a key that may be used from everywhere, and one from elsewhere alone. */
export async function keysForPlaces(kit: NetworksKit) {
  const scopes = allScopes(kit)
  const [everywhere, bound] = await Promise.all([
    makeKey(kit, 'for everywhere', scopes),
    makeKey(kit, 'for elsewhere', scopes, { ipAllowlist: networksElsewhere }),
  ])
  return { everywhere, bound }
}
