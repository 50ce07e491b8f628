import { randomBytes } from 'node:crypto'
import { type Recorded, type Scripted, withApi, zone } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Judged } from '../check/verify.ts'
import type { About, Exchange } from '../model.ts'

interface Scene {
  /** Without name and target. */
  readonly profile: string
  readonly env?: Record<string, string>
  answer(request: Recorded): Scripted | null | Promise<Scripted>
  readonly about?: Partial<About>
  /** What of the kit is another. */
  readonly kit?: Partial<Kit>
}

/** For tests: what is said of an API that answers so, by a body as a check has one; no mail comes of it. */
export async function judgedOver(
  { profile, env = {}, answer, about = {}, kit: others = {} }: Scene,
  body: (kit: Kit) => Promise<unknown>,
): Promise<Judged & { readonly requests: readonly Recorded[] }> {
  const { kit, judge, trail } = sampleKit({ about: { severity: 'critical', ...about } })
  const mailbox = {
    ...kit.mailbox,
    domain: () => `inbox.sound.${zone}`,
    address: (label = 'a') => `${label}-${randomBytes(16).toString('hex')}@inbox.sound.${zone}`,
  }
  const noted =
    <Asked extends unknown[]>(ask: (...asked: Asked) => Promise<Exchange>) =>
    async (...asked: Asked) => {
      const exchange = await ask(...asked)
      trail.note({ exchange })
      return exchange
    }
  let seen: (Judged & { readonly requests: readonly Recorded[] }) | undefined
  await withApi({ profile, env, answer }, async ({ api, profile, requests }) => {
    const watched = { ...api, call: noted(api.call), send: noted(api.send) }
    const judged = await judge(() => body({ ...kit, api: watched, profile, mailbox, ...others }))
    seen = { ...judged, requests }
  })
  if (seen === undefined) throw new Error('expected a judgement; the API did not come up')
  return seen
}
