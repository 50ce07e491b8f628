import type { Kit } from '../check/kit.ts'
import { hoursAround } from '../probes/hours.ts'
import { channelsOpenedBy, makeKey, openingScopes, stopsOn } from './key-channels.ts'
import { allScopes, keptOut, waysIn } from './networks-of-keys.ts'
import { timesOfOthers } from './outside-of-rules.ts'

type HoursKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'submission' | 'verify'>

/**
 * Verdicts: a key for other hours opens no channel now, whatever a request claims, and one whose hours become others closes. A
 * guard: one for these hours opens them. `now` is the target’s, in epoch milliseconds.
 */
export async function keysKeepHours(kit: HoursKit, now: number): Promise<void> {
  const { api, profile, verify } = kit
  const { open, over } = hoursAround(now)
  const scopes = allScopes(kit)
  const [good, bad] = await Promise.all([
    makeKey(kit, 'for these hours', scopes, { hours: open }),
    makeKey(kit, 'for other hours', scopes, { hours: over }),
  ])
  const { clock, zone } = timesOfOthers(now)
  const fields = { Date: clock.Date, 'X-Timezone-Offset': zone['X-Timezone-Offset'] }
  const claims = Object.entries(fields).map(([header, value]) => ({
    ...{ name: header.toLowerCase(), header, value },
  }))
  const ways = await waysIn(kit, good, claims)
  await keptOut(kit, ways, { good, bad }, 'a key for other hours is refused now')

  if (!api.has('key.update', 'hours')) return
  const moved = await makeKey(kit, 'to be of other hours', openingScopes(kit), { hours: open })
  verify.held(moved.id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
  const channels = await channelsOpenedBy(kit, moved)
  const by = verify.accepted(await api.call('key.update', { id: moved.id, hours: over }))
  const promised = profile.policies.keys?.revocation ?? 0
  const words = { what: 'its hours became others', when: 'once its hours are others' }
  await stopsOn(kit, channels, { by, promised, worst: 'medium', ...words }, good)
}
