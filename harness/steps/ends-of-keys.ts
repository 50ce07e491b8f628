import { few } from '../../reports/wording.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type KeyDates, keyDatesIn } from '../probes/key-dates.ts'
import { Unproven } from '../verdicts.ts'
import {
  askForKey,
  channelsOpenedBy,
  type KeyChannel,
  keyOf,
  type MadeKey,
  makeKey,
  openingScopes,
} from './key-channels.ts'
import { everyItem } from './listings.ts'
import { allScopes, keptOut, waysIn } from './networks-of-keys.ts'
import { idOf } from './shared-items.ts'

type EndsKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'post' | 'profile' | 'submission' | 'verify'>

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A guard: the time there in so many milliseconds from now, by which keys are to end. `Date` has whole seconds. */
export async function clockThere({
  endpoints,
  verify,
}: Pick<EndsKit, 'endpoints' | 'verify'>): Promise<(later: number) => string> {
  const ahead = await endpoints.clock()
  verify.held(
    ahead !== null,
    'the API tells no time, so that nobody knows when a key should end there',
    'have it, or the proxy in front, answer HEAD / with a Date (RFC 9110 §6.6.1)',
  )
  return (later) => new Date(Date.now() + Number(ahead) + later).toISOString()
}

/** Seconds for which a key is made to live: as few as the target takes, and as let every channel be opened meanwhile. */
const lives = [5, 20, 60]
/** Milliseconds: clocks that tell whole seconds differ by up to two, so that a key may be over by as much before its end. */
const leeway = 2000
/** Of each channel, since no other server has to hear of an end. */
const tries = 3

/** A key that is about to end, with the channels that it opened before. */
export interface Ending {
  readonly channels: readonly KeyChannel[]
  /** The call that made it. */
  readonly by: Exchange
  /** When it ends: epoch milliseconds of our clock. */
  readonly at: number
}

/** A guard: a key opens what it may before it ends, in some seconds. */
export async function keyAboutToEnd(kit: EndsKit, there: (later: number) => string): Promise<Ending> {
  const { api, verify } = kit
  let last = ''
  for (const life of lives) {
    const at = Date.now() + life * 1000
    const by = await askForKey(kit, 'to end soon', openingScopes(kit), { expiresAt: there(life * 1000) })
    if (by.answer !== 'accepted') {
      verify.answered(by)
      last = `key.create with an end in ${life} s was answered ${api.said(by)}`
      continue
    }
    const channels = await channelsOpenedBy(kit, keyOf(kit, by), { tries }).catch((error: unknown) => {
      // About its end, a refusal is what should be.
      if (!(error instanceof Unproven) || Date.now() < at - leeway) throw error
      return null
    })
    if (channels !== null && Date.now() < at - leeway) return { channels, by, at }
    for (const { close } of channels ?? []) close()
    last = `a key that lives ${life} s was over before each of its channels had been opened`
  }
  throw new Unproven(
    last,
    'a key must be seen to open before its end: see which ends the target takes, and how fast it sends',
  )
}

/** Keys that should never open: of an end that is past, which may be refused as well, and of what is no time. */
export function neverOpening(kit: EndsKit, there: (later: number) => string): Part[] {
  const { api, verify } = kit
  const scopes = allScopes(kit)
  const control = makeKey(kit, 'to live on', scopes, { expiresAt: there(hour) })
  control.catch(() => {})
  const opensNothing = async (name: string, expected: string, expiresAt: string) => {
    const good = await control
    const made = await askForKey(kit, name, scopes, { expiresAt })
    if (made.answer === 'accepted') {
      const ways = await waysIn(kit, good)
      await keptOut(kit, ways, { good, bad: keyOf(kit, made) }, expected)
      return
    }
    verify.answered(made)
    verify.that(true, { expected, actual: '' })
  }
  return [
    {
      name: 'an end in the past',
      judge: () => opensNothing('of an hour ago', 'a key that ended an hour ago opens nothing', there(-hour)),
    },
    {
      name: 'an end that is no time',
      async judge() {
        const good = await control
        const unsaid = 'the profile cannot say an end that is no time in key.create'
        const made = await askForKey(kit, 'of no time', scopes, { expiresAt: 'not-a-date' }).catch(
          (error: unknown) => {
            if (!(error instanceof Unproven)) throw error
            verify.applies(false, unsaid)
            throw error
          },
        )
        if (made.answer !== 'accepted') verify.answered(made)
        const isIn = made.answer === 'accepted' && (await letsIn(kit, good, keyOf(kit, made)))
        verify.that(!isIn, {
          ...{ of: made, severity: 'low' },
          expected: 'no key is made whose end is no time',
          actual: `it was answered ${api.said(made)}, and the key lets in`,
        })
      },
    },
  ]
}

async function letsIn(kit: EndsKit, good: MadeKey, key: MadeKey): Promise<boolean> {
  const [http] = await waysIn(kit, good)
  return http !== undefined && (await http.show(key)).isIn
}

/** What is promised of the age of keys (`policies.keys.maximumAge`): for new ones, and for those that there are. */
export function agesOfKeys(kit: EndsKit): Part[] {
  const { api, profile, verify } = kit
  const longest = profile.policies.keys?.maximumAge
  const promised = (judge: (longest: number) => Promise<void>) => async () => {
    verify.applies(
      longest !== undefined,
      'the profile promises nothing of the age of keys (policies.keys.maximumAge)',
    )
    await judge(longest ?? 0)
  }
  return [
    {
      name: 'no end',
      judge: promised((seconds) => boundedBy(kit, seconds, 'without an end', {})),
    },
    {
      name: 'an end in the year 9999',
      judge: promised(async (seconds) => {
        verify.applies(api.has('key.create', 'expiresAt'), 'profile declares no expiresAt of key.create')
        await boundedBy(kit, seconds, 'of the year 9999', { expiresAt: '9999-12-31T23:59:59Z' })
      }),
    },
    { name: 'the keys that there are', judge: promised((seconds) => noneIsOlder(kit, seconds)) },
  ]
}

/** A verdict: such a key is refused, or gets an end that is within what is promised. */
async function boundedBy(
  kit: EndsKit,
  longest: number,
  label: string,
  bounds: { readonly expiresAt?: string },
): Promise<void> {
  const { api, verify } = kit
  const made = await askForKey(kit, label, openingScopes(kit), bounds)
  const expected = `it is refused, or ends within ${ageText(longest * 1000)}`
  if (made.answer !== 'accepted') {
    verify.answered(made)
    verify.that(true, { expected, actual: '' })
    return
  }
  const ends = await endTold(kit, made)
  verify.held(
    ends !== undefined,
    'nothing tells when a new key ends',
    'map result.expiresAt of key.create or key.get in the profile, or declare key.list',
  )
  // Some count a year as 366 days, and clocks differ.
  verify.that(ends != null && ends - made.startedAt <= longest * 1000 + day, {
    ...{ of: made, severity: 'medium', expected },
    actual: `it was answered ${api.said(made)}, and the key ${ends == null ? 'never ends' : `ends ${new Date(ends).toISOString()}`}`,
  })
}

/** By what is answered to whoever made it, or else to whoever looks at it; `undefined` where nothing tells. */
async function endTold({ api }: EndsKit, made: Exchange): Promise<number | null | undefined> {
  const id = made.result?.['id']
  const told = datesOf(made).ends
  if (told !== undefined || typeof id !== 'string') return told
  const shown = api.has('key.get') ? datesOf(await api.call('key.get', { id })).ends : undefined
  if (shown !== undefined || !api.has('key.list')) return shown
  const item = (await everyItem(api, 'key.list')).items.find((each) => idOf(each) === id)
  return item === undefined ? undefined : keyDatesIn(JSON.stringify(item)).ends
}

/** Of the answer about one key, what the profile maps before the rest. */
function datesOf({ result, response }: Exchange): KeyDates {
  const whole = keyDatesIn(response?.body ?? '')
  const mapped = keyDatesIn(JSON.stringify(result ?? {}))
  return mapped.ends === undefined ? whole : { ...whole, ends: mapped.ends }
}

/** A verdict: none of the keys that there are is in use for longer than is promised. */
async function noneIsOlder(kit: EndsKit, longest: number): Promise<void> {
  const { api, verify } = kit
  verify.applies(api.has('key.list'), 'profile declares no key.list')
  const { id } = await makeKey(kit, 'to be listed', openingScopes(kit))
  const { items, last } = await everyItem(api, 'key.list')
  verify.accepted(last)
  const keys = items.map((item) => ({ id: idOf(item), ...keyDatesIn(JSON.stringify(item)) }))
  verify.held(
    keys.some((key) => key.made !== null && (id === null || key.id === id)),
    'key.list shows no new key with the time at which it was made',
    'see result.items of key.list in the profile: createdAt is when a key was made',
  )
  const now = Date.now()
  const old = keys.filter(
    ({ made, ends, isOver }) =>
      made !== null && now - made > longest * 1000 + day && !isOver && (ends == null || ends > now),
  )
  verify.that(old.length === 0, {
    ...{ of: last, severity: 'medium' },
    expected: `no key is in use that was made more than ${ageText(longest * 1000)} ago`,
    actual: `${old.length} of ${keys.length} keys are: ${few(
      old.map(({ id, made }) => `${id}, of ${ageText(now - Number(made))} ago`),
      5,
    )}`,
  })
}

/** A span of milliseconds, in words. */
function ageText(span: number): string {
  return span < 2 * day ? `${Math.round(span / hour)} hours` : `${Math.round(span / day)} days`
}
