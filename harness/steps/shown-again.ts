import type { Kit } from '../check/kit.ts'
import type { Part, Variant } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { names } from '../probes/audit-entries.ts'
import { privateKeyIn } from '../probes/private-keys.ts'
import { hiddenParts, shownIn } from '../probes/secret-parts.ts'
import { type DeclaredOperation, operations } from '../profile/operations.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { makeKey, openingScopes } from './key-channels.ts'
import { everyItem } from './listings.ts'
import { once } from './once.ts'
import { freshMark, sampleOf } from './sample-input.ts'

/** A call that tells of a key which was made before. */
export interface Telling extends Variant {
  ask(): Promise<Exchange>
}

/** A guard: a new key, what of its secret nobody is to see again, and the calls that tell of it. */
export async function tellingsOfKeys(kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Promise<{
  readonly hidden: readonly string[]
  readonly tellings: readonly Telling[]
}> {
  const { api, mailbox, verify } = kit
  const { id, secret, prefix } = await makeKey(kit, 'to be looked for', openingScopes(kit))
  const hidden = hiddenParts(secret, [prefix ?? '', id ?? ''])
  verify.held(
    hidden.length > 0,
    'the new secret is too short to be known again',
    'see result.secret and result.prefix of key.create in the profile',
  )
  const about = ['key.get', 'key.update'] as const
  const byId = about
    .filter((name) => id !== null && api.has(name))
    .map((name) => ({
      name,
      ask: () => api.call(name, { id, ...api.carried(name, { name: `seen again ${mailbox.canary()}` }) }),
    }))
  const kindOf = (name: DeclaredOperation) => operations[name]?.kind ?? ''
  /** A guard: the page on which the key stands, of which a list of the oldest first has others before. */
  const inList = async () => {
    const isIt = (item: unknown) => names(item, [id, prefix])
    const { items, last } = await everyItem(api, 'key.list', undefined, (all) => all.some(isIt))
    verify.held(
      verify.accepted(last) && items.some(isIt),
      `key.list does not show the key that was just made, in ${items.length} keys`,
      'map result.items and, where the list has pages, result.next of key.list in the profile',
    )
    return last
  }
  const isKnown = id !== null || (prefix ?? '') !== ''
  const lists = plainReads(kit)
    .filter((name) => ['key', 'audit'].includes(kindOf(name)))
    .map((name) => ({
      name,
      ask: name === 'key.list' && isKnown ? inList : () => api.call(name, inputAlone(kit, name) ?? {}),
    }))
  return { hidden, tellings: [...byId, ...lists] }
}

/** A verdict: the answer shows nothing of the secret. */
export function showsNothing(
  { verify }: Pick<Kit, 'verify'>,
  exchange: Exchange,
  hidden: readonly string[],
  what = 'a key',
): void {
  verify.accepted(exchange)
  const place = exchange.response === null ? null : shownIn(exchange.response, hidden)
  verify.that(place === null, {
    of: exchange,
    expected: `the secret of ${what} is shown when it is made, and never again`,
    actual: `it stands in ${place}`,
  })
}

/** The calls that tell of a sending domain, of which one is made: those show no private key, by which others could sign as it. */
export function tellingsOfDomains(kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Part[] {
  const { api, verify } = kit
  const { 'domain.create': create } = api.profile.operations
  if (create === undefined) return []
  const made = once(async () =>
    verify.accepted(await api.call(create.name, sampleOf(kit, create, freshMark()).input)),
  )
  const part = (name: string, ask: () => Promise<Exchange>): Part => ({
    name,
    async judge() {
      const of = verify.accepted(await ask())
      const key = privateKeyIn(of.response)
      api.conceal('private_key', key?.secret ?? '')
      verify.that(key === null, {
        of,
        expected: 'the private key by which mail of a domain is signed is shown to nobody',
        actual: `the answer holds one, as ${key?.form}`,
      })
    },
  })
  return [
    part('domain.create', made),
    ...(api.has('domain.get')
      ? [part('domain.get', async () => api.call('domain.get', { id: (await made()).result?.['id'] }))]
      : []),
    ...(api.has('domain.list')
      ? [part('domain.list', async () => (await made()) && api.call('domain.list'))]
      : []),
  ]
}
