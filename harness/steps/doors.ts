import type { Api, CallOptions } from '../api/api.ts'
import { bearerCredential, type LiveCredential } from '../api/principals.ts'
import type { Pairs } from '../api/request.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/profile.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { isDenial } from './denials.ts'
import { itemsOf } from './shared-items.ts'

/** A read that tells whom a secret lets in, shown where a live one is. */
export interface Door {
  readonly read: DeclaredOperation
  /** Who the live one lets in. */
  readonly identity: string
  /** Whom an answer of the read lets in, however it was asked for; `null` for nobody. */
  callerIn(exchange: Exchange): Promise<string | null>
  /** `caller` is `null` where the secret lets nobody in. */
  show(secret: string, options?: ShowOptions): Promise<{ exchange: Exchange; caller: string | null }>
  /** The same of a whole credential, in the place of the live one. */
  showAs(credential: LiveCredential): Promise<{ exchange: Exchange; caller: string | null }>
  /**
   * A guard: what was answered where nobody was let in says something. An error does as well where a made-up secret gets the same: that the
   * target lets in whoever it should is for the caller to see. Or where it comes `again`, as isDenial has it.
   */
  denied(exchange: Exchange, again?: () => Promise<Exchange>): Promise<void>
}

export interface ShowOptions extends CallOptions {
  /** The principal in whose name it is shown, beside all else that this one shows: whose the live secret is where it is left out. */
  readonly inNameOf?: string | undefined
  /** What else is said in the request. */
  readonly change?: (request: HttpRequest) => HttpRequest
}

interface DoorOptions {
  readonly refersTo?: string | undefined
  readonly reads?: readonly DeclaredOperation[] | undefined
}

/**
 * A guard: the first read of the profile, principal.get before others, that lets a credential in, and not with a made-up secret; of
 * these, where they are given. It speaks of `refersTo`, where that is given. Throws NotApplicable where none can be made without
 * an object.
 */
export async function doorOf(
  { api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  whose: string,
  credential: LiveCredential,
  madeUp: string,
  { refersTo, reads = plainReads({ api, mailbox }) }: DoorOptions = {},
): Promise<Door> {
  verify.applies(reads.length > 0, 'profile declares no read that needs no object, such as principal.get')
  const seen: string[] = []
  for (const name of reads) {
    const input = inputAlone({ api, mailbox }, name) ?? {}
    /** The answer to the live one. */
    let live: Exchange | null = null
    /** What a read calls whoever is nobody, such as a guest. */
    let nobody: string | null = null
    const callerIn = async (exchange: Exchange): Promise<string | null> => {
      const id = exchange.result?.['id']
      if (typeof id === 'string') return id === nobody ? null : id
      // Where who is let in is named, an answer that names nobody is a denial, whatever its status.
      if (exchange.answer !== 'accepted' || typeof live?.result?.['id'] === 'string') return null
      // So is an empty list where there was none, and where its owner still sees some of it.
      const isEmptied = live !== null && itemsOf(live).length > 0 && itemsOf(exchange).length === 0
      const isThere = isEmptied && itemsOf(await api.call(name, input, undefined, { refersTo })).length > 0
      return isThere ? null : somebody
    }
    const show: Door['show'] = async (secret, { inNameOf, change, ...options } = {}) => {
      const shown = inNameOf === undefined ? credential : await api.credential(inNameOf)
      const as = withSecret(shown, secret)
      const references = { refersTo: inNameOf ?? refersTo }
      const asked = { operation: name, principal: whose, input }
      const exchange =
        change === undefined
          ? await api.call(name, input, as, { ...references, ...options })
          : await api.send(change(await api.prepare(name, input, as, references)), asked)
      return { exchange, caller: await callerIn(exchange) }
    }
    const showAs: Door['showAs'] = async (as) => {
      const exchange = await api.call(name, input, as, { refersTo })
      return { exchange, caller: await callerIn(exchange) }
    }
    const denied: Door['denied'] = async (exchange, again) => {
      const { answer, response } = exchange
      const other = answer === 'broken' && response !== null ? (await show(madeUp)).exchange : null
      const isUsual = other !== null && other.response?.status === response?.status
      if (isUsual || again === undefined)
        verify.answered(exchange, isUsual ? 'the effect decides' : undefined)
      else await isDenial({ verify }, exchange, again)
    }
    const { caller, exchange } = await show(credential.token)
    live = exchange
    if (caller === null) {
      seen.push(`${name} was answered ${api.said(exchange)}`)
      continue
    }
    const how = [withSecret(credential, ''), refersTo]
    const stranger = await strangerLetIn({ api }, name, how, () => show(madeUp))
    if (stranger === caller || stranger === somebody) seen.push(`${name} lets a made-up secret in`)
    else {
      nobody = stranger
      verify.held(true, `${name} tells a live secret from a made-up one`)
      return { read: name, identity: caller, callerIn, show, showAs, denied }
    }
  }
  throw new Unproven(
    `no read tells the secret of ${whose} from a made-up one: ${seen.join('; ')}`,
    'map principal.get in the profile with result.id, or another read that needs no object and that it may make',
  )
}

/** By read and by how secrets are shown with it. */
const madeUpShown = new WeakMap<Api, Map<string, ReturnType<Door['show']>>>()

/** Whom a read lets in by a made-up secret, which a check asks once: it is no matter of which secret is the live one. */
async function strangerLetIn(
  { api }: Pick<Kit, 'api'>,
  read: DeclaredOperation,
  how: unknown,
  show: () => ReturnType<Door['show']>,
): Promise<string | null> {
  const all = madeUpShown.get(api) ?? new Map<string, ReturnType<Door['show']>>()
  madeUpShown.set(api, all)
  const key = JSON.stringify([read, how])
  const shown = all.get(key) ?? show()
  all.set(key, shown)
  const { exchange, caller } = await shown
  // An error or a limit says nothing of the next one.
  if (['broken', 'limited'].includes(exchange.answer)) all.delete(key)
  return caller
}

/** A guard: the same of a session that was just opened. */
export function doorOfSession(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  session: LiveCredential,
  reads?: readonly DeclaredOperation[],
): Promise<Door> {
  const madeUp = madeUpLike(session.token, kit.mailbox.canary())
  return doorOf(kit, 'who has just signed in', session, madeUp, { reads })
}

/** By the answer to a read that does not say who it is. */
const somebody = 'somebody who may read this'

/**
 * A caller who shows this key where the principal shows its own, and all else as it does: as bearer token, as Basic's password, in
 * a header, the query or the body. Throws NotApplicable where the principal shows none, but signs.
 */
export async function inPlaceOf(api: Api, principal: string, key: string): Promise<LiveCredential> {
  const credential = await api.credential(principal)
  if (credential.sign !== undefined)
    throw new NotApplicable(
      `${principal} signs with an access key of two parts, and one secret cannot replace it`,
    )
  return withSecret(credential, key)
}

/** The same credential with another secret in the place of its own. */
export function withSecret(credential: LiveCredential, other: string): LiveCredential {
  const { kind, token, headers, query, body } = credential
  if (credential.withSecret !== undefined) return credential.withSecret(other)
  const replaced = (text: string) => text.replaceAll(token, () => other)
  const basic = (value: string) => {
    const pair = Buffer.from(value.replace(/^Basic /, ''), 'base64').toString()
    const user = pair.slice(0, pair.indexOf(':') + 1)
    return `Basic ${Buffer.from(user + replaced(pair.slice(user.length))).toString('base64')}`
  }
  const all = (pairs: Pairs, change: (value: string) => string): Pairs =>
    pairs.map(([name, value]) => [name, change(value)])
  return {
    ...{ kind, token: other },
    headers: all(headers, kind === 'basic' ? basic : replaced),
    query: all(query, replaced),
    ...(body === undefined ? {} : { body: all(body, replaced) }),
  }
}

/** Principals who show a key as it is, whoever sends first: how keys are shown there is known by them. */
export function keyBearers({ operations, principals }: Profile): string[] {
  const sender = operations['message.send']?.as
  return Object.keys(principals)
    .filter((name) => principals[name]?.session === undefined && principals[name]?.none !== true)
    .sort((a, b) => Number(b === sender) - Number(a === sender))
}

/** With the words that a secret begins with, such as `sk_live_`: what is no key by its looks alone need not be looked at. */
export function madeUpLike(secret: string, canary: string): string {
  return `${/^(?:[A-Za-z]{1,8}[-_.]){1,3}/.exec(secret)?.[0] ?? ''}${canary}`
}

/** A caller who shows this key as keys are shown at the target: as a bearer token where nobody of the profile shows one. */
export async function keyInPlace(api: Api, secret: string): Promise<LiveCredential> {
  const [principal] = keyBearers(api.profile)
  return principal === undefined ? bearerCredential(secret) : inPlaceOf(api, principal, secret)
}
