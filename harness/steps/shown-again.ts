import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { names } from '../probes/audit-entries.ts'
import { hiddenParts, shownIn } from '../probes/secret-parts.ts'
import { type DeclaredOperation, operations } from '../profile/operations.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { makeKey, openingScopes } from './key-channels.ts'
import { everyItem } from './listings.ts'

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
