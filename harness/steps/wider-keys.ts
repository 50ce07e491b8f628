import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { prepareAttempt } from './attempts.ts'
import { inPlaceOf } from './tokens.ts'

/** A try to get a key that may do more than who asks for it. */
export interface WayToWiden {
  readonly name: string
  /** The call, and the secret of the key that would be wider for it; `undefined` where there is none. */
  ask(): Promise<{ readonly exchange: Exchange; readonly secret: unknown }>
}

/** What a key reads of the contacts, as a sentence; `null` for nothing. */
export async function readBy(kit: Kit, secret: unknown): Promise<string | null> {
  const attempt = await prepareAttempt('contact.list', kit)
  const as = await inPlaceOf(kit.api, 'keymaster', String(secret))
  const exchange = await attempt.tryAs(as)
  const trace = await attempt.trace(exchange)
  if (trace === null) kit.verify.answered(exchange)
  return trace
}

/** `reading` is a scope that neither the keymaster nor the sender has. */
export function waysToWiden({ api, mailbox, profile, verify }: Kit, reading: string): WayToWiden[] {
  const everything = Object.keys(profile.scopes)
  const narrow = profile.principals['keymaster']?.scopes ?? []

  const key = (name: string, scopes: readonly string[]) => ({
    ...api.carried('key.create', { name: `${name} ${mailbox.canary()}` }),
    scopes,
  })
  const create = async (scopes: readonly string[], as = 'keymaster') => {
    const exchange = await api.call('key.create', key('wider', scopes), as)
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
    const before = await api.call('key.create', key('to be widened', narrow), 'keymaster')
    const { id, secret } = verify.accepted(before).result ?? {}
    const exchange = await api.call('key.update', { id, scopes }, 'keymaster')
    return { exchange, secret: exchange.result?.['secret'] ?? secret }
  }
  return [
    { name: 'keymaster makes a reader', ask: () => create([reading]) },
    { name: 'keymaster makes an all-powerful key', ask: () => create(everything) },
    { name: 'sender makes a reader', ask: () => create([reading], 'sender') },
    { name: 'keymaster asks for every scope by an asterisk', ask: () => create(['*']) },
    { name: 'keymaster names scopes twice, the wider last', ask: () => twice(narrow, [reading]) },
    { name: 'keymaster names scopes twice, the wider first', ask: () => twice([reading], narrow) },
    ...(api.has('key.update', 'scopes')
      ? [
          { name: 'keymaster widens a key of its own by a scope', ask: () => widen([reading]) },
          { name: 'keymaster widens a key of its own to all scopes', ask: () => widen(everything) },
        ]
      : []),
  ]
}
