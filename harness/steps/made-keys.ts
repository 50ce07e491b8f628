import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { fewestKeys, type KeyStrength, strengthOf } from '../probes/key-strength.ts'
import type { Profile } from '../profile/profile.ts'
import { HeldBack } from '../verdicts.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'runReach' | 'verify'>

/** As many as tell enough, within a twentieth of the budget: each takes two calls. */
const most = 64

function countWithin({ budget }: Profile): number {
  const { requests = Number.POSITIVE_INFINITY, perSecond = Number.POSITIVE_INFINITY } = budget ?? {}
  return Math.floor(Math.min(most, requests / 40, perSecond * 10))
}

/** A guard: the secrets of keys that were made one after another, each taken back at once where a call does that. */
async function makeKeys({
  api,
  mailbox,
  runReach,
  verify,
}: Ground): Promise<{ keys: string[]; last: Exchange }> {
  verify.applies(api.has('key.create'), 'profile declares no key.create')
  if (runReach === 'safe') throw new HeldBack('making keys is intrusive: allow it with --reach intrusive')
  const scopes = Object.keys(api.profile.scopes).slice(0, 1)
  const [keys, undone]: [string[], Promise<unknown>[]] = [[], []]
  const wanted = countWithin(api.profile)
  const make = () => api.call('key.create', api.carried('key.create', { name: mailbox.canary(), scopes }))
  let last = verify.accepted(await make())
  for (let exchange = last; ; exchange = await make()) {
    const { id, secret } = exchange.result ?? {}
    // There may be a limit to how many there are.
    if (typeof secret !== 'string' || secret === '') break
    last = exchange
    keys.push(secret)
    if (typeof id === 'string' && api.has('key.revoke')) undone.push(api.call('key.revoke', { id }))
    if (keys.length >= wanted) break
  }
  await Promise.allSettled(undone)
  verify.held(
    keys.length >= fewestKeys,
    `${keys.length} keys were made, by which nothing can be told from chance`,
    `${fewestKeys} are enough: see result.secret of key.create in the profile, its budget, and the target’s limit of keys`,
  )
  return { keys, last }
}

/** A verdict: keys that are made one after another have 128 bits that nothing gives away, and no parts in common. */
export async function keysAreChance(ground: Ground): Promise<void> {
  const { verify } = ground
  const { keys, last } = await makeKeys(ground)
  const strength = strengthOf(keys)
  const { bits, doubled, shared } = strength
  const severity = weightOf(bits)
  verify.that(severity === null, {
    ...{ of: last, severity: severity ?? 'low' },
    expected: '128 bits or more that nobody can tell',
    actual: strengthText(keys.length, strength),
  })
  verify.that(doubled === 0, {
    of: last,
    expected: 'keys that there were never before',
    actual: `${doubled} of ${keys.length} keys there were before`,
  })
  verify.that(shared === 0, {
    ...{ of: last, severity: 'medium' },
    expected: 'keys that have nothing in common but what all begin with',
    actual: `two of ${keys.length} keys have ${shared} letters in a row in common, which is no chance`,
  })
}

/** What it weighs that a key has so few bits; `null` where they are enough. */
export function weightOf(bits: number): 'low' | 'medium' | 'high' | null {
  if (bits >= 128) return null
  if (bits >= 112) return 'low'
  return bits >= 64 ? 'medium' : 'high'
}

/** Without any key. */
function strengthText(keys: number, { bits, varying, counting }: KeyStrength): string {
  const counted = counting === 0 ? '' : `, and ${counting} of them count from key to key`
  return `at most ${Math.floor(bits)} bits: ${varying} letters of ${keys} keys vary${counted}`
}
