import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { fewestKeys } from '../probes/key-strength.ts'
import type { Profile } from '../profile/profile.ts'
import { HeldBack } from '../verdicts.ts'
import { judgeChance } from './chance.ts'

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
  const { keys, last } = await makeKeys(ground)
  judgeChance(ground, { secrets: keys, called: 'keys', of: last })
}
