import type { Api, As, CallOptions } from '../api/api.ts'
import type { LiveCredential } from '../api/principals.ts'
import type { Pairs } from '../api/request.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import type { Profile } from '../profile/profile.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { inputAlone, plainReads } from './attempts.ts'

/** A read that tells whom a secret lets in, shown where a principal shows its own. */
export interface Door {
  /** Who the principal is there. */
  readonly identity: string
  /** `caller` is `null` where the secret lets nobody in. */
  show(secret: string, options?: CallOptions): Promise<{ exchange: Exchange; caller: string | null }>
}

/**
 * A guard: the first read of the profile, principal.get before others, that lets the principal in and a made-up secret not.
 * Throws NotApplicable where none can be made without an object.
 */
export async function doorOf(
  { api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  principal: string,
  madeUp: string,
): Promise<Door> {
  const credential = await api.credential(principal)
  const reads = plainReads({ api, mailbox })
  verify.applies(reads.length > 0, 'profile declares no read that needs no object, such as principal.get')
  const seen: string[] = []
  for (const name of reads) {
    const input = inputAlone({ api, mailbox }, name) ?? {}
    const ask = async (as: As, options?: CallOptions) => {
      const exchange = await api.call(name, input, as, options)
      return { exchange, caller: callerIn(exchange) }
    }
    const show: Door['show'] = (secret, options) => ask(withSecret(credential, secret), options)
    const itself = await ask(principal)
    const shown = itself.caller === null ? itself : await show(credential.token)
    const { response, failure } = shown.exchange
    if (itself.caller === null || shown.caller !== itself.caller)
      seen.push(`${name} was answered ${response?.status ?? failure}`)
    else if ((await show(madeUp)).caller !== null) seen.push(`${name} lets a made-up secret in`)
    else {
      verify.held(true, `${name} tells a live secret from a made-up one`)
      return { identity: itself.caller, show }
    }
  }
  throw new Unproven(
    `no read tells the secret of ${principal} from a made-up one: ${seen.join('; ')}`,
    'map principal.get in the profile with result.id, or another read that needs no object and that this principal may make',
  )
}

/** Who somebody is by the answer to a read, as far as that says it; `null` where nobody was let in. */
function callerIn({ answer, result }: Exchange): string | null {
  const id = result?.['id']
  if (typeof id === 'string') return id
  return answer === 'accepted' ? 'somebody who may read this' : null
}

/**
 * A caller who shows this key where the principal shows its own, and all else as it does: as bearer token, as Basic's password, in
 * a header or the query. Throws NotApplicable where the principal shows none, but signs.
 */
export async function inPlaceOf(api: Api, principal: string, key: string): Promise<As> {
  const credential = await api.credential(principal)
  if (credential.kind === 'sigv4')
    throw new NotApplicable(
      `${principal} signs with an access key of two parts, and one secret cannot replace it`,
    )
  return withSecret(credential, key)
}

function withSecret({ kind, token, headers, query }: LiveCredential, other: string): As {
  const replaced = (text: string) => text.replaceAll(token, () => other)
  const basic = (value: string) => {
    const pair = Buffer.from(value.replace(/^Basic /, ''), 'base64').toString()
    return `Basic ${Buffer.from(replaced(pair)).toString('base64')}`
  }
  const all = (pairs: Pairs, change: (value: string) => string): Pairs =>
    pairs.map(([name, value]) => [name, change(value)])
  return { headers: all(headers, kind === 'basic' ? basic : replaced), query: all(query, replaced) }
}

/** Principals who show a key as it is, whoever sends first: how keys are shown there is known by them. */
export function keyBearers({ operations, principals }: Profile): string[] {
  const sender = operations['message.send']?.as
  return Object.keys(principals)
    .filter((name) => principals[name]?.session === undefined && principals[name]?.none !== true)
    .sort((a, b) => Number(b === sender) - Number(a === sender))
}

/** A caller who shows this key as keys are shown at the target: as a bearer token where nobody of the profile shows one. */
export async function keyInPlace(api: Api, secret: string): Promise<As> {
  const [principal] = keyBearers(api.profile)
  return principal === undefined ? { bearer: secret } : inPlaceOf(api, principal, secret)
}
