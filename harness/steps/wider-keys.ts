import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { attemptsBy } from './attempts.ts'
import { isDenial } from './denials.ts'
import { inPlaceOf } from './doors.ts'
import { makeKey } from './key-channels.ts'
import { owner } from './sample-input.ts'
import { saysWhose } from './trials.ts'

/** A try to get a key that may do more than who asks for it. */
export interface WayToWiden {
  readonly name: string
  /** The call, and the secret of the key that would be wider for it; `undefined` where there is none. */
  ask(): Promise<{ readonly exchange: Exchange; readonly secret: unknown }>
}

/**
 * What a key reads of the contacts, the admin’s or those of whoever made it, as a sentence; `null` for nothing. An error is a denial
 * where it comes again after one that may read was let in, which is `rightful` where the key is not that one itself.
 */
export async function readBy(kit: Kit, secret: unknown, rightful: unknown = null): Promise<string | null> {
  const { api, verify } = kit
  const showing = (key: unknown) => inPlaceOf(api, 'keymaster', String(key))
  const as = await showing(secret)
  const attempts = await attemptsBy({ principal: 'keymaster', mayOnOwn: false }, 'contact.list', kit)
  for (const attempt of attempts) {
    const exchange = await attempt.tryAs(as)
    let trace = await attempt.trace(exchange)
    const again = async () => {
      const [ofHolder = attempt] = attempts
      verify.accepted(await ofHolder.tryAs(await showing(rightful)))
      const other = await attempt.tryAs(as)
      trace = await attempt.trace(other)
      return other
    }
    if (trace !== null) return trace
    if (rightful === null) verify.answered(exchange)
    else await isDenial(kit, exchange, again)
    if (trace !== null) return trace
  }
  return null
}

/** `reading` is a scope that neither the keymaster nor the sender has. */
export async function waysToWiden(kit: Kit, reading: string): Promise<WayToWiden[]> {
  const { api, mailbox, profile, verify } = kit
  const everything = Object.keys(profile.scopes)
  const narrow = profile.principals['keymaster']?.scopes ?? []

  const key = (name: string, scopes: readonly string[]) => ({
    ...api.carried('key.create', { name: `${name} ${mailbox.canary()}` }),
    scopes,
  })
  const create = async (scopes: readonly string[], as = 'keymaster', refersTo = as) => {
    const exchange = await api.call('key.create', key('wider', scopes), as, { refersTo })
    return { exchange, secret: exchange.result?.['secret'] }
  }
  // Of two members with one name, the check may read the one and the maker the other (RFC 8259 §4).
  const twice = async (first: readonly string[], second: readonly string[]) => {
    const [operation, principal, input] = ['key.create', 'keymaster', key('wider', first)] as const
    const one = await api.prepare(operation, input, principal)
    const other = await api.prepare(operation, { ...input, scopes: second }, principal)
    const body = `${String(one.body).replace(/}\s*$/, '')},${String(other.body).replace(/^\s*{/, '')}`
    const exchange = await api.send({ ...one, body }, { operation, principal, input })
    return { exchange, secret: exchange.result?.['secret'] }
  }
  const widen = async (scopes: readonly string[]) => {
    const { id, secret } = await makeKey(kit, 'to be widened', narrow, { as: 'keymaster' })
    verify.held(id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
    const exchange = await api.call('key.update', { id, scopes }, 'keymaster')
    return { exchange, secret: exchange.result?.['secret'] ?? secret }
  }
  /** A secret for a key that may read, of whoever may not. */
  const rotate = async () => {
    const { id } = await makeKey(kit, 'of the admin', [reading], { as: owner })
    verify.held(id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
    const exchange = await api.call('key.rotate', { id }, 'keymaster')
    return { exchange, secret: exchange.result?.['secret'] }
  }
  const making = { operation: 'key.create' as const, input: key('wider', narrow) }
  const apart = await Promise.all(['keymaster', 'sender'].map((as) => saysWhose(api, making, as, owner)))
  return [
    { name: 'keymaster makes a reader', ask: () => create([reading]) },
    { name: 'keymaster makes an all-powerful key', ask: () => create(everything) },
    { name: 'sender makes a reader', ask: () => create([reading], 'sender') },
    // Where a call says whose key it makes.
    ...(apart[0]
      ? [
          {
            name: 'keymaster makes a reader of the admin’s',
            ask: () => create([reading], 'keymaster', owner),
          },
        ]
      : []),
    ...(apart[1]
      ? [{ name: 'sender makes a reader of the admin’s', ask: () => create([reading], 'sender', owner) }]
      : []),
    { name: 'keymaster asks for every scope by an asterisk', ask: () => create(['*']) },
    { name: 'keymaster names scopes twice, the wider last', ask: () => twice(narrow, [reading]) },
    { name: 'keymaster names scopes twice, the wider first', ask: () => twice([reading], narrow) },
    ...(api.has('key.update', 'scopes')
      ? [
          { name: 'keymaster widens a key of its own by a scope', ask: () => widen([reading]) },
          { name: 'keymaster widens a key of its own to all scopes', ask: () => widen(everything) },
        ]
      : []),
    ...(api.has('key.rotate') ? [{ name: 'keymaster rotates a reader of the admin’s', ask: rotate }] : []),
  ]
}
