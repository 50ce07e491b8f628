import { setTimeout as after } from 'node:timers/promises'
import { few } from '../../reports/wording.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { names, unsaidIn } from '../probes/audit-entries.ts'
import { lastUseIn } from '../probes/key-dates.ts'
import { Unproven } from '../verdicts.ts'
import { clockThere } from './ends-of-keys.ts'
import { askForKey, keyOf, type MadeKey, makeKey } from './key-channels.ts'
import { everyItem } from './listings.ts'
import { isTold, keyOfSomebody } from './makers-of-keys.ts'
import { allScopes, type WayIn, waysIn } from './networks-of-keys.ts'
import { rotate } from './rotations.ts'
import { idOf } from './shared-items.ts'

type UsesKit = Pick<
  Kit,
  'api' | 'endpoints' | 'mailbox' | 'post' | 'profile' | 'reach' | 'submission' | 'verify' | 'wire'
>

/** Of the keys’ names nothing is to be taken for what a log says. */
const label = 'for the log'

/** A log of the target, whose entries about a key are those that were made since it was looked at. */
export interface AuditLog {
  /** A guard: entries about a key, by its id or its prefix, that came since; what happened before has an entry by now, where it has one. */
  since(key: MadeKey): readonly unknown[]
  /** The call that shows them. */
  readonly shown: Exchange
}

/**
 * Looks at the log, does something, and looks again. A guard: in both looks it shows the use of a key that was just made, so that what
 * came before stands in it, where it ever will.
 */
export async function loggedMeanwhile(
  kit: Pick<UsesKit, 'api' | 'mailbox' | 'profile' | 'verify'>,
  use: (key: MadeKey) => Promise<unknown>,
  act: () => Promise<unknown>,
): Promise<AuditLog> {
  const first = await usedKey(kit, use)
  const before = await lookFor(kit, [first])
  await act()
  const last = await usedKey(kit, use)
  const { items, shown } = await lookFor(kit, [first, last])
  const known = new Set(before.items.map((item) => JSON.stringify(item)))
  const fresh = items.filter((item) => !known.has(JSON.stringify(item)))
  return { shown, since: ({ id, prefix }) => fresh.filter((item) => names(item, [id, prefix])) }
}

async function usedKey(
  kit: Pick<UsesKit, 'api' | 'mailbox' | 'verify'>,
  use: (key: MadeKey) => Promise<unknown>,
): Promise<MadeKey> {
  const key = await makeKey(kit, label, allScopes(kit))
  kit.verify.held(key.id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
  await use(key)
  return key
}

/** Waits as long as the target may take for what it does by itself. */
async function lookFor(
  { api, profile, verify }: Pick<UsesKit, 'api' | 'profile' | 'verify'>,
  keys: readonly MadeKey[],
): Promise<{ readonly items: readonly unknown[]; readonly shown: Exchange }> {
  const isThere = (items: readonly unknown[]) =>
    keys.every(({ id, prefix }) => items.some((item) => names(item, [id, prefix])))
  const end = Date.now() + profile.mail.delivery.within * 1000
  for (;;) {
    const { items, last: shown } = await everyItem(api, 'audit.list', undefined, isThere)
    verify.accepted(shown)
    if (isThere(items)) {
      verify.held(true, 'the log has what was just done')
      return { items, shown }
    }
    if (Date.now() > end)
      throw new Unproven(
        `audit.list shows nothing of a key that was just made and used, in ${items.length} entries`,
        'see result.items of audit.list in the profile, and whether the log names keys by id: without that nobody knows whether it goes on',
      )
    await after(1000)
  }
}

/** A way in which a key ends: the secret that is shown afterwards. */
interface Ending {
  readonly name: string
  /** Which check looks whether it ends at all. */
  readonly judgedBy: string
  end(): Promise<MadeKey>
}

function endingsOf(kit: UsesKit): Ending[] {
  const { api, profile, verify } = kit
  const { revocation = 0, overlap = 0 } = profile.policies.keys ?? {}
  const made = () => makeKey(kit, label, allScopes(kit))
  return [
    {
      ...{ name: 'a revoked key', judgedBy: 'keys/revoke-immediate' },
      async end() {
        verify.applies(api.has('key.revoke'), 'profile declares no key.revoke')
        const key = await made()
        verify.accepted(await api.call('key.revoke', { id: key.id }))
        await after(revocation * 1000)
        return key
      },
    },
    {
      ...{ name: 'the secret from before a rotation', judgedBy: 'keys/rotate-overlap' },
      async end() {
        verify.applies(api.has('key.rotate'), 'profile declares no key.rotate')
        const key = await made()
        await rotate(kit, key)
        await after(overlap * 1000)
        return key
      },
    },
    {
      ...{ name: 'a key after its end', judgedBy: 'keys/expiry-age' },
      async end() {
        verify.applies(api.has('key.create', 'expiresAt'), 'profile declares no expiresAt of key.create')
        return expiredKey(kit)
      },
    },
  ]
}

/** Milliseconds from now at which a key ends: some are made with an end that is past, and else it is waited for. */
const ends = [-3_600_000, 5000, 20_000]

async function expiredKey(kit: UsesKit): Promise<MadeKey> {
  const there = await clockThere(kit)
  let last: Exchange | null = null
  for (const end of ends) {
    last = await askForKey(kit, label, allScopes(kit), { expiresAt: there(end) })
    if (last.answer !== 'accepted') continue
    // Clocks that tell whole seconds differ by up to two.
    if (end > 0) await after(end + 2000)
    return keyOf(kit, last)
  }
  throw new Unproven(
    `key.create with an end in ${ends.at(-1)} ms was answered ${last === null ? '' : kit.api.said(last)}`,
    'see which ends the target takes',
  )
}

/** Of each key that has ended, shown by each way: whether the log has it. And of each new secret, whether its use is noted. */
export async function usesNoted(kit: UsesKit): Promise<Part[]> {
  const { api, verify } = kit
  const ways = await waysIn(kit, await makeKey(kit, label, allScopes(kit)))
  const byHttp = (key: MadeKey) => ways[0]?.show(key) ?? Promise.resolve()
  const pairs = endingsOf(kit).flatMap((ending) => ways.map((way) => ({ ending, way })))
  const ended = await Promise.all(pairs.map(({ ending }) => settled(ending.end())))
  const tries: (Tried | Error)[] = []
  const uses: (Used | Error)[] = []
  const log = await settled(
    loggedMeanwhile(kit, byHttp, async () => {
      for (const [at, { ending, way }] of pairs.entries()) {
        const key = ended[at] ?? new Error('expected a key')
        tries.push(key instanceof Error ? key : await settled(tried(kit, ending, way, key)))
      }
      uses.push(...(await Promise.all(ways.map((way) => settled(used(kit, way))))))
    }),
  )
  const untried = log instanceof Error ? log : new Error('it was not tried')
  const recorded = pairs.map(({ ending, way }, at) => ({
    name: `${ending.name}, ${way.name}`,
    async judge() {
      const [{ key, exchange }, { since, shown }] = [sure(tries[at] ?? untried), sure(log)]
      const entries = since(key)
      const isThere = verify.that(entries.length > 0, {
        ...{ of: exchange, operation: 'audit.list' },
        expected: 'the audit log tells that the key was shown, by its id',
        actual: `it was refused, and none of the entries since names the key: ${api.said(shown)}`,
      })
      const unsaid = unsaidIn(entries)
      verify.that(!isThere || unsaid.length === 0, {
        ...{ of: exchange, operation: 'audit.list', severity: 'low' },
        expected: 'the entry says why the key was refused, from where it was shown, and when',
        actual: `it does not say ${few(unsaid, 3)}`,
      })
    },
  }))
  const lastUses = ways.map((way, at) => ({
    name: `the last use of a new secret, ${way.name}`,
    async judge() {
      const { before, now, exchange } = sure(uses[at] ?? untried)
      verify.applies(now !== undefined, 'nothing tells when a key was used last')
      verify.that(now !== null && now !== before, {
        ...{ of: exchange, operation: teller(api), severity: 'low' },
        expected: 'it is told when a key was used last, by which its owner sees that the former one can go',
        actual: 'it was used, and what is told of its last use stayed as it was',
      })
    },
  }))
  return [...recorded, ...lastUses, makerTold(kit, byHttp)]
}

interface Tried {
  readonly key: MadeKey
  readonly exchange: Exchange
}

async function tried(
  { verify }: UsesKit,
  { name, judgedBy }: Ending,
  way: WayIn,
  key: MadeKey,
): Promise<Tried> {
  const { exchange, isIn } = await way.show(key)
  verify.held(!isIn, `${name} lets in still, so that its use is no refusal`, `see ${judgedBy}`)
  verify.answered(exchange)
  return { key, exchange }
}

interface Used {
  readonly before: number | null | undefined
  readonly now: number | null | undefined
  readonly exchange: Exchange
}

async function used(kit: UsesKit, way: WayIn): Promise<Used> {
  const { api, verify } = kit
  verify.applies(api.has('key.get') || api.has('key.list'), 'profile declares no key.get and no key.list')
  const key = await makeKey(kit, label, allScopes(kit))
  const fresh = api.has('key.rotate') ? (await rotate(kit, key)).rotated : key
  const before = await lastUse(kit, fresh)
  const { exchange, isIn } = await way.show(fresh)
  verify.held(isIn, 'a new secret does not let in so')
  return { before, now: await lastUse(kit, fresh), exchange }
}

function teller(api: Kit['api']): 'key.get' | 'key.list' {
  return api.has('key.get') ? 'key.get' : 'key.list'
}

async function lastUse({ api, verify }: UsesKit, { id }: MadeKey): Promise<number | null | undefined> {
  if (api.has('key.get')) {
    const shown = verify.accepted(await api.call('key.get', { id }))
    const told = lastUseIn(shown.response?.body ?? '')
    if (told !== undefined || !api.has('key.list')) return told
  }
  const isIt = (item: unknown) => idOf(item) === id
  const { items, last } = await everyItem(api, 'key.list', undefined, (all) => all.some(isIt))
  verify.accepted(last)
  return lastUseIn(JSON.stringify(items.find(isIt) ?? {}))
}

function makerTold(kit: UsesKit, show: (key: MadeKey) => Promise<unknown>): Part {
  const { api, profile, verify } = kit
  const within = profile.policies.keys?.alert
  return {
    name: 'its maker is told',
    async judge() {
      verify.applies(
        within !== undefined,
        'the profile promises nobody that they are told of their keys (policies.keys.alert)',
      )
      verify.applies(api.has('key.revoke'), 'profile declares no key.revoke')
      const { key, maker } = await keyOfSomebody(kit, label)
      const revoked = verify.accepted(await api.call('key.revoke', { id: key.id }))
      const use = async () => {
        await show(key)
        return revoked
      }
      const told = {
        operation: 'key.revoke',
        of: 'that it was used after its end',
        within: within ?? 0,
      } as const
      await isTold(kit, maker, use, told)
    },
  }
}

/** What comes of it, or what is thrown, for whoever judges it. */
export function settled<T>(promise: Promise<T>): Promise<T | Error> {
  return promise.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
}

/** Throws it again. */
export function sure<T>(outcome: T | Error): Exclude<T, Error> {
  if (outcome instanceof Error) throw outcome
  return outcome as Exclude<T, Error>
}
