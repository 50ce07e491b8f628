import { setTimeout as after } from 'node:timers/promises'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Variant } from '../check/verify.ts'
import type { Delivery, Exchange, Severity } from '../model.ts'
import { owner } from './sample-input.ts'
import { keyInPlace } from './tokens.ts'
import { saysWhose } from './trials.ts'

/**
 * A way by which a key lets somebody in. Servers remember keys, each by itself, and the next connection may lead to another
 * one: it is tried several times at once.
 */
export interface KeyChannel extends Variant {
  /** The key was seen to open it. */
  readonly wasOpen: boolean
  /** A try that still had its effect; `null` where none has. Throws Unproven where a limit kept them from being looked at. */
  stillOpen(): Promise<Exchange | null>
  /** One try more, by its answer. */
  letsIn(): Promise<boolean>
  close(): void
}

/** Tries by HTTP: of two servers of which one has forgotten the key, all miss the other one time in 256. */
const most = 8
/** Fewer where a wrong password may lock somebody out. */
const fewer = 3

/** The channels that a key opens, each tried now: HTTP, which is a guard, and submission, by sessions that stay open. */
export async function channelsOpenedBy(
  kit: Pick<Kit, 'api' | 'post' | 'submission'>,
  secret: string,
  { tries = most } = {},
): Promise<KeyChannel[]> {
  const { api, post, submission } = kit
  const as = await keyInPlace(api, secret)
  const refersTo = await holderOfKeys(kit)
  const several = <T>(count: number, one: () => Promise<T>) =>
    Promise.all(Array.from({ length: Math.min(tries, count) }, one))
  const send = () => post.send({}, as, { ownConnection: true, refersTo })
  await Promise.all(lookedAt(await several(most, send)).map((sent) => sent.delivered()))
  const http: KeyChannel = {
    name: 'HTTP',
    wasOpen: true,
    stillOpen: async () =>
      firstThatCame(lookedAt(await several(most, send)), (sent) => sent.arrivedUnlessStopped()),
    letsIn: async () => (await send()).exchange.answer === 'accepted',
    close: () => {},
  }
  if (submission.ports.length === 0) return [http]

  const signedIn = await several(fewer, () => post.signIn(secret))
  // There may be a limit to sessions at once.
  const sessions = signedIn.filter(({ exchange }) => exchange.answer === 'accepted')
  const wasOpen = sessions.length > 0
  const signIn = () => post.authenticate(secret)
  let turns = 0
  return [
    http,
    {
      name: 'an SMTP session from before',
      wasOpen,
      // Whoever is cut off got no answer.
      stillOpen: async () =>
        firstThatCame(await Promise.all(sessions.map((session) => session.send())), (sent) => sent.arrived()),
      letsIn: async () => (await sessions[turns++ % sessions.length]?.send())?.exchange.answer === 'accepted',
      close: () => {
        for (const session of signedIn) session.close()
      },
    },
    {
      name: 'SMTP AUTH',
      wasOpen,
      stillOpen: async () =>
        (await several(fewer, signIn)).find(({ answer }) => answer === 'accepted') ?? null,
      letsIn: async () => (await signIn()).answer === 'accepted',
      close: () => {},
    },
  ]
}

/** Of several calls, those that met no limit; all of them where each did. */
function lookedAt(all: readonly Sent[]): readonly Sent[] {
  const some = all.filter(({ exchange }) => exchange.answer !== 'limited')
  return some.length > 0 ? some : all
}

/** Of messages, the call of one that came. */
async function firstThatCame(
  all: readonly Sent[],
  looked: (sent: Sent) => Promise<Delivery | null>,
): Promise<Exchange | null> {
  const came = await Promise.all(all.map(looked))
  return all.find((_, at) => came[at] !== null)?.exchange ?? null
}

/** Whether another key opens a channel, all tried once when the first is asked for. */
export function opensToo(
  kit: Pick<Kit, 'api' | 'post' | 'submission'>,
  secret: string,
): (channel: KeyChannel) => Promise<boolean> {
  const tryAll = async () => {
    const channels = await channelsOpenedBy(kit, secret, { tries: 1 })
    for (const { close } of channels) close()
    return channels
  }
  let tried: Promise<KeyChannel[]> | null = null
  return async ({ name }) => {
    tried ??= tryAll()
    return (await tried).some((other) => other.name === name && other.wasOpen)
  }
}

/** Where calls say whose keys they make, a key speaks for that one; `undefined`: for whoever sends. */
async function holderOfKeys({ api }: Pick<Kit, 'api'>): Promise<string | undefined> {
  const sender = api.profile.operations['message.send']?.as ?? null
  const making = { operation: 'key.create' as const, input: {} }
  return sender !== null && (await saysWhose(api, making, sender)) ? owner : undefined
}

/** That a key still opened a channel: the call, and for how many seconds it was seen to; `null` where it does after a minute. */
export interface StillOpen {
  readonly of: Exchange
  readonly seconds: number | null
}

/** Whether a key that was revoked then (epoch milliseconds) still opens the channel, which is closed afterwards. */
export async function stillOpened(channel: KeyChannel, revoked: number): Promise<StillOpen | null> {
  try {
    const of = await channel.stillOpen()
    return of === null ? null : { of, seconds: await openFor(channel, revoked, of.startedAt) }
  } finally {
    channel.close()
  }
}

/** What it weighs that a key was usable for so many seconds, `null` for more than are watched, where so many were promised. */
export function weightOf(seconds: number | null, promised: number): Severity {
  if (seconds === null) return 'critical'
  return seconds - promised > 5 ? 'high' : 'low'
}

/** Milliseconds for which it is watched when a key stops, one look a second. */
const watched = 60_000

/**
 * Seconds from when the key was revoked to the last time that it was let in, which it was seen to be (both epoch milliseconds);
 * `null` where it still is after a minute. The channel is closed when as many tries in a row as it was opened with find it so.
 */
export async function openFor(
  { letsIn }: Pick<KeyChannel, 'letsIn'>,
  revoked: number,
  seen: number,
  clock: { now(): number; pause(milliseconds: number): Promise<unknown> } = { now: Date.now, pause: after },
): Promise<number | null> {
  const start = clock.now()
  let last = seen
  for (let closed = 0; closed < most; ) {
    if (clock.now() - start >= watched) return null
    await clock.pause(1000)
    const asked = clock.now()
    if (await letsIn()) [last, closed] = [asked, 0]
    else closed++
  }
  return Math.ceil((last - revoked) / 1000)
}
