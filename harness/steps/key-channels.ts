import { setTimeout as after } from 'node:timers/promises'
import type { As } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Sent } from '../check/post.ts'
import type { Variant } from '../check/verify.ts'
import { type Delivery, type Exchange, type Severity, severities } from '../model.ts'
import type { Hours } from '../probes/hours.ts'
import type { DeclaredOperation, OperationName } from '../profile/operations.ts'
import { complete, expandText } from '../profile/templates.ts'
import { Unproven } from '../verdicts.ts'
import { plainReads } from './attempts.ts'
import { doorOf, keyBearers, keyInPlace, madeUpLike } from './doors.ts'
import { saysWhose } from './trials.ts'

/** A key of the target that was made for one check. */
export interface MadeKey {
  readonly id: string | null
  readonly secret: string
  /** What of the secret is shown to tell keys apart. */
  readonly prefix?: string | undefined
  /** By which it signs in where mail is submitted; the profile's own where that is left out. */
  readonly user?: string | undefined
}

interface Making {
  readonly as?: As
  /** Networks, in CIDR notation: nobody else may use it. */
  readonly ipAllowlist?: readonly string[]
  /** When, each day: nobody may use it at any other time. */
  readonly hours?: Hours
  /** Whose it is, of those of whoever makes it. */
  readonly subaccount?: string
  /** Which it is bound to. */
  readonly project?: string
  /** Its end: a time, by RFC 3339, or what is to be refused. */
  readonly expiresAt?: string
}

/** A guard: a key with these scopes, where keys have some, as who makes keys by the profile unless another is named. */
export async function makeKey(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  label: string,
  scopes: readonly string[] | undefined,
  making: Making = {},
): Promise<MadeKey> {
  return keyOf(kit, kit.verify.accepted(await askForKey(kit, label, scopes, making)))
}

/** The same, which may be refused. */
export function askForKey(
  { api, mailbox }: Pick<Kit, 'api' | 'mailbox'>,
  label: string,
  scopes: readonly string[] | undefined,
  { as, ...bounds }: Making = {},
): Promise<Exchange> {
  const input = api.carried('key.create', { name: `${label} ${mailbox.canary()}`, scopes, ...bounds })
  return api.call('key.create', input, as)
}

/** A guard: the key that was made by a call which was accepted. */
export function keyOf({ api, verify }: Pick<Kit, 'api' | 'verify'>, made: Exchange): MadeKey {
  const result = made.result ?? {}
  const { id, secret, prefix } = result
  verify.held(
    typeof secret === 'string' && secret !== '',
    'key.create was accepted and gave no secret',
    'map result.secret of key.create in the profile',
  )
  const template = api.profile.mail.submission?.usernameOfKey
  verify.held(
    template === undefined || complete(template, result),
    `key.create was accepted and gave nothing for ${template}, by which its keys sign in to submit mail`,
    'see result of key.create and mail.submission.usernameOfKey in the profile',
  )
  return {
    id: typeof id === 'string' ? id : null,
    secret: String(secret),
    prefix: typeof prefix === 'string' ? prefix : undefined,
    user: template === undefined ? undefined : expandText(template, result),
  }
}

/** The scopes with which a new key sends; all of them where mail is not seen, and `undefined` where keys have none. */
export function sendingScopes({ api }: Pick<Kit, 'api'>): string[] | undefined {
  const { scopes } = api.profile
  const all = Object.keys(scopes)
  const wanted = sendsSeen(api) ? all.filter((scope) => scopes[scope]?.includes('message.send')) : all
  return wanted.length > 0 ? wanted : undefined
}

/**
 * The scopes with which it opens the channels that are looked at: those with which it sends, and one that lets it read where they do
 * not and whoever makes keys has it to give. `undefined` where keys have none.
 */
export function openingScopes(kit: Pick<Kit, 'api' | 'mailbox'>): string[] | undefined {
  const { scopes, principals } = kit.api.profile
  const sending = sendingScopes(kit)
  if (sending === undefined) return undefined
  const { scopes: given = Object.keys(scopes) } = principals[makerOfKeys(kit.api) ?? ''] ?? {}
  const reading = plainReads(kit).flatMap((read) => {
    const granting = Object.keys(scopes).filter((scope) => scopes[scope]?.includes(read))
    return granting.filter((scope) => sending.includes(scope) || given.includes(scope))
  })
  const [first] = reading
  return first === undefined || reading.some((scope) => sending.includes(scope))
    ? sending
    : [...sending, first]
}

function sendsSeen(api: Kit['api']): boolean {
  return api.has('message.send') && seesMail(api.profile)
}

/**
 * A way by which a key lets somebody in. Servers remember keys, each by itself, and the next connection may lead to another
 * one: it is tried several times at once.
 */
export interface KeyChannel extends Variant {
  /** The key was seen to open it. */
  readonly wasOpen: boolean
  /** Why nobody could see whether it was, where the profile says that it should have been. */
  readonly unseen?: Unproven
  /**
   * A try that still had its effect; `null` where none has. Throws Unproven where a limit kept them from being looked at, and for
   * an error of a read, unless it comes again once `isOtherLetIn` says that another key is let in there.
   */
  stillOpen(isOtherLetIn?: () => Promise<boolean>): Promise<Exchange | null>
  /** One try more, by its answer. */
  letsIn(): Promise<boolean>
  close(): void
}

/** Tries by HTTP: of two servers of which one has forgotten the key, all miss the other one time in 256. */
const most = 8
/**
 * Fewer where a wrong password may lock somebody out, and of reads beside messages: by those it is seen already whether a server
 * remembers the key.
 */
const fewer = 3
/** Reads of which the profile does not say that keys may make them, so many at most. */
const guessed = 3

/**
 * The channels that a key opens, each tried now: HTTP, which is a guard, reading by HTTP where mail is seen, which tells of sending
 * alone, and submission, by sessions that stay open.
 */
export async function channelsOpenedBy(
  kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'submission' | 'verify'>,
  { secret, user }: Pick<MadeKey, 'secret' | 'user'>,
  { tries = most } = {},
): Promise<KeyChannel[]> {
  const { api, post, submission } = kit
  const http = await Promise.all(
    sendsSeen(api)
      ? // Its requests leave first: messages are many, and there may be a limit.
        [readingBeside(kit, secret, tries), sendingOpenedBy(kit, secret, tries)]
      : [readingOpenedBy(kit, secret, { before: tries - 1, tries })],
  ).then((channels) => channels.toReversed().filter((channel) => channel !== null))
  if (submission.ports.length === 0 || !seesMail(api.profile)) return http

  const few = Math.min(tries, fewer)
  const signedIn = await several(few, () => post.signIn(secret, { user }))
  // There may be a limit to sessions at once.
  const sessions = signedIn.filter(({ exchange }) => exchange.answer === 'accepted')
  const wasOpen = sessions.length > 0
  const signIn = () => post.authenticate(secret, { user })
  let turns = 0
  return [
    ...http,
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
      stillOpen: async () => (await several(few, signIn)).find(({ answer }) => answer === 'accepted') ?? null,
      letsIn: async () => (await signIn()).answer === 'accepted',
      close: () => {},
    },
  ]
}

async function sendingOpenedBy(
  { api, post, verify }: Pick<Kit, 'api' | 'post' | 'verify'>,
  secret: string,
  tries: number,
): Promise<KeyChannel> {
  const send = await sendingBy({ api, post }, secret)
  const sent = lookedAt(await several(tries, send))
  for (const { exchange } of sent)
    verify.held(
      exchange.answer === 'accepted',
      `message.send was answered ${api.said(exchange)} to a key that was just made`,
      'see which scopes grant message.send in the profile, that its principals show keys as the target wants them, and that such a key may send from mail.from',
    )
  await Promise.all(sent.map((each) => each.delivered()))
  return {
    name: 'HTTP',
    wasOpen: true,
    stillOpen: async () =>
      firstThatCame(lookedAt(await several(tries, send)), (each) => each.arrivedUnlessStopped()),
    letsIn: async () => (await send()).exchange.answer === 'accepted',
    close: () => {},
  }
}

/** Sends a benign message by a key, but for what is said, over HTTP, on a connection of its own. */
export async function sendingBy(
  { api, post }: Pick<Kit, 'api' | 'post'>,
  secret: string,
): Promise<(message?: Readonly<Record<string, unknown>>) => Promise<Sent>> {
  const as = await keyInPlace(api, secret)
  const refersTo = await holderOfKeys(api)
  return (message = {}) => post.send(message, as, { ownConnection: true, refersTo })
}

interface Reading {
  readonly name?: string
  /** Times that it is read before, beside the one by which it is seen to be a read that tells. */
  readonly before: number
  readonly tries: number
  readonly reads?: readonly DeclaredOperation[]
}

/** What is read by a key tells as well whether it lets in. A guard: a read tells it from a made-up one. */
async function readingOpenedBy(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  secret: string,
  { name = 'HTTP', before, tries, reads }: Reading,
): Promise<KeyChannel> {
  const { api, mailbox, verify } = kit
  const madeUp = madeUpLike(secret, mailbox.canary())
  const as = await keyInPlace(api, secret)
  const door = await doorOf(kit, 'a key that was just made', as, madeUp, {
    ...{ refersTo: makerOfKeys(api), reads },
  })
  const show = () => door.show(secret, { ownConnection: true })
  for (const { exchange, caller } of lookedAt(await several(before, show)))
    verify.held(
      caller !== null,
      `${exchange.operation} was answered ${api.said(exchange)} to a key that it had let in`,
    )
  return {
    name,
    wasOpen: true,
    async stillOpen(isOtherLetIn = async () => false) {
      const shown = await several(tries, show)
      const open = shown.find(({ caller }) => caller !== null)
      if (open !== undefined) return open.exchange
      const denials = lookedAt(shown).map(({ exchange }) => exchange)
      if (denials.some(({ answer }) => answer === 'broken') && (await isOtherLetIn())) {
        const { exchange, caller } = await show()
        if (caller !== null) return exchange
        verify.answered(exchange, 'the effect decides')
      } else for (const exchange of denials) await door.denied(exchange)
      return null
    },
    letsIn: async () => (await show()).caller !== null,
    close: () => {},
  }
}

/** Reading, where sending is looked at by itself; `null` where no read tells the key, and the profile gives keys none. */
async function readingBeside(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  secret: string,
  tries: number,
): Promise<KeyChannel | null> {
  const name = 'HTTP, reading'
  const { reads, areGiven } = readsOfKeys(kit)
  if (reads.length === 0) return null
  try {
    return await readingOpenedBy(kit, secret, { name, before: 0, tries: Math.min(tries, fewer), reads })
  } catch (error) {
    if (!(error instanceof Unproven)) throw error
    const shut = { stillOpen: async () => null, letsIn: async () => false, close: () => {} }
    return areGiven ? { name, wasOpen: false, unseen: error, ...shut } : null
  }
}

/** The reads by which to see whether a new key lets in, and whether the profile gives keys any of them. */
function readsOfKeys(kit: Pick<Kit, 'api' | 'mailbox'>): {
  readonly reads: readonly DeclaredOperation[]
  readonly areGiven: boolean
} {
  const { operations, scopes } = kit.api.profile
  const all = plainReads(kit)
  const granting = openingScopes(kit)
  // Without scopes keys are all alike, and read what the principal does in whose place they are shown.
  const [bearer] = keyBearers(kit.api.profile)
  const isGiven = (read: DeclaredOperation) =>
    granting === undefined
      ? bearer !== undefined && operations[read]?.as === bearer
      : granting.some((scope) => scopes[scope]?.includes(read))
  const given = all.filter(isGiven)
  if (granting !== undefined)
    return {
      reads: all.filter((read) => read === 'principal.get' || isGiven(read)),
      areGiven: given.length > 0,
    }
  return given.length > 0 ? { reads: all, areGiven: true } : { reads: all.slice(0, guessed), areGiven: false }
}

function several<T>(count: number, one: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, one))
}

/** Of several calls, those that met no limit; all of them where each did. */
function lookedAt<T extends { readonly exchange: Exchange }>(all: readonly T[]): readonly T[] {
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
  kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'submission' | 'verify'>,
  key: Pick<MadeKey, 'secret' | 'user'>,
): (channel: KeyChannel) => Promise<boolean> {
  const tryAll = async () => {
    const channels = await channelsOpenedBy(kit, key, { tries: 1 })
    for (const { close } of channels) close()
    return channels
  }
  let tried: Promise<KeyChannel[]> | null = null
  return async ({ name }) => {
    tried ??= tryAll()
    return (await tried).some((other) => other.name === name && other.wasOpen)
  }
}

/** Who makes keys by the profile; `undefined` for nobody. */
function makerOfKeys({ profile }: Kit['api']): string | undefined {
  return profile.operations['key.create']?.as ?? undefined
}

/** Where calls say whose keys they make, a key speaks for that one; `undefined`: for whoever sends. */
async function holderOfKeys(api: Kit['api']): Promise<string | undefined> {
  const [maker, sender] = [makerOfKeys(api), api.profile.operations['message.send']?.as ?? undefined]
  if (maker === undefined || sender === undefined) return undefined
  const making = { operation: 'key.create' as const, input: {} }
  return (await saysWhose(api, making, sender, maker)) ? maker : undefined
}

/** A guard: what a key never opened it cannot be kept out of. */
export function openedBefore({ verify }: Pick<Kit, 'verify'>, { wasOpen, unseen }: KeyChannel): void {
  if (unseen !== undefined) throw unseen
  verify.held(
    wasOpen,
    'the new key did not open it before',
    'see mail.submission in the profile: where each key has a user name of its own, say which (usernameOfKey)',
  )
}

/** That a key still opened a channel: the call, and for how many seconds it was seen to; `null` where it does after a minute. */
export interface StillOpen {
  readonly of: Exchange
  readonly seconds: number | null
}

/**
 * Whether a key that was revoked then (epoch milliseconds) still opens the channel, which is closed afterwards. Another key, which
 * should go on, shows that an error there is no error for everybody.
 */
export async function stillOpened(
  channel: KeyChannel,
  revoked: number,
  isOtherLetIn?: () => Promise<boolean>,
): Promise<StillOpen | null> {
  try {
    const of = await channel.stillOpen(isOtherLetIn)
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

/** What a key stops for. */
export interface Stop {
  /** The call for which it does. */
  readonly by: Exchange
  /** When: epoch milliseconds. When the call was answered, where that is left out. */
  readonly at?: number
  /** Seconds for which it may still work, by the target's promise. */
  readonly promised: number
  /** `it was revoked`. */
  readonly what: string
  /** The most that it weighs. */
  readonly worst?: Severity
  /** Behind the names of the channels, where a check looks at them more than once. */
  readonly when?: string
}

/**
 * A verdict on each channel that a key opened: nothing is let in by it any more, while another key is, to whom nothing happened.
 * Waits for what is promised first.
 */
export async function stopsOn(
  kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'submission' | 'verify'>,
  channels: readonly KeyChannel[],
  { by, at: later, promised, what, worst = 'critical', when }: Stop,
  other: Pick<MadeKey, 'secret' | 'user'>,
): Promise<void> {
  const { verify } = kit
  const at = later ?? by.startedAt + by.milliseconds
  // What the target promises, not a pause for our sake.
  await after(Math.max(0, at + promised * 1000 - Date.now()))
  const isOtherLetIn = opensToo(kit, other)
  const variants = channels.map((channel) => ({
    ...{ channel, name: when === undefined ? channel.name : `${channel.name}, ${when}` },
  }))
  await verify.each(variants, async ({ channel }) => {
    openedBefore(kit, channel)
    const open = await stillOpened(channel, at, () => isOtherLetIn(channel))
    const { of, seconds } = open ?? { of: undefined, seconds: 0 }
    verify.that(open === null, {
      // What comes by itself need not be made to come again.
      ...{ operation: by.operation as OperationName, of, after: later === undefined ? by : undefined },
      severity: noMoreThan(worst, weightOf(seconds, promised)),
      expected: `nothing can be done with a key ${promised} s after ${what}`,
      actual: `it opened this way for ${seconds === null ? 'more than a minute' : `${seconds} s`}`,
    })
    verify.held(await isOtherLetIn(channel), 'a key that should go on does not open it now either')
  })
}

function noMoreThan(worst: Severity, severity: Severity): Severity {
  return severities.indexOf(severity) > severities.indexOf(worst) ? worst : severity
}
