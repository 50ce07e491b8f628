import { setTimeout as after } from 'node:timers/promises'
import { retryAfter } from '../api/retry-after.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery, Exchange, HttpRequest } from '../model.ts'
import type { Profile } from '../profile/profile.ts'
import type { Budget } from '../profile/shape.ts'
import { unlessSeen, type Wire } from '../sandbox/client.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'

/** A limit of sending, and the principal who is there to exhaust it. */
export interface SendLimit {
  /** Messages in one window. */
  readonly limit: number
  /** Seconds. */
  readonly window: number
  readonly principal: string
}

/** What the target promises by the profile, else what that demands. Throws NotApplicable where it does neither. */
export function sendLimit({ policies }: Pick<Profile, 'policies'>): SendLimit {
  const { limit, window, principal = '', demand } = policies.limits?.send ?? {}
  const said = limit === undefined || window === undefined ? demand : { limit, window }
  if (said === undefined)
    throw new NotApplicable(
      'profile neither promises nor demands a limit of sending: write policies.limits.send.limit and window, or demand',
    )
  return { ...said, principal }
}

/** Messages that may be sent at once: all of them are in memory, of which a worker has little. */
const mostAtOnce = 12_000
/** What is made or looked up by so many at once: an expression takes 20 KB and more while it is evaluated. */
const abreast = 100
/** Characters of an answer's body, and of its header fields, that are kept of each among thousands. */
const keptOfAnswer = 3000

/** Throws Unproven where so many messages are too many to be sent at once. */
export function assertSentAtOnce(count: number, { limit, window, principal }: SendLimit): void {
  if (count <= mostAtOnce) return
  throw new Unproven(
    `a limit of ${limit} in ${window} s is met by ${count} messages at once, and ${mostAtOnce} are the most that are sent so`,
    `lower the limit of ${principal} in this environment`,
  )
}

/** As many as are asked for, in order, a bounded number of them at a time. */
export async function someAtATime<T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  while (made.length < count) {
    const [from, size] = [made.length, Math.min(abreast, count - made.length)]
    made.push(...(await Promise.all(Array.from({ length: size }, (_, n) => make(from + n)))))
  }
  return made
}

/** Waits until nothing that was sent before counts, and whether it did: a window longer than `patience`, in seconds, is not waited for. */
export async function freshWindow({ window }: Pick<SendLimit, 'window'>, patience: number): Promise<boolean> {
  const waits = window <= patience
  // A timer may fire a millisecond early, and the last of them counted from when it was answered.
  if (waits) await after(window * 1000 + 10)
  return waits
}

/** A message that is ready to be sent. */
export interface Prepared {
  /** An address that nobody else writes to. */
  readonly to: string
  send(): Promise<Exchange>
}

/** A message that was sent, and its answer, of which the end may be cut off. */
export interface Posted {
  readonly to: string
  readonly exchange: Exchange
}

/** A request, changed; `n`, from 1 to 250, is another one for every request. */
export type Change = (request: HttpRequest, n: number) => HttpRequest

/** Sends messages of one principal together: all of them are made before, so that nothing but sending takes time. */
export interface Sender {
  prepare(count: number, change?: Change): Promise<Prepared[]>
  /** One volley after the other, each at once, when all of them have had their turn; the seconds are those of the last. */
  send(...volleys: readonly (readonly Prepared[])[]): Promise<{ posted: Posted[]; seconds: number }>
}

export function createSender(
  { api, mailbox, reach }: Pick<Kit, 'api' | 'mailbox' | 'reach'>,
  principal: string,
): Sender {
  let serial = 0
  return {
    async prepare(count, change = (request) => request) {
      await reach.take('mail', count)
      return someAtATime(count, async () => {
        const to = mailbox.address('burst')
        const input = { to, ...api.carried('message.send', mailbox.letter()) }
        const plain = await api.prepare('message.send', input, principal)
        const request = change(plain, (serial++ % 250) + 1)
        const about = { operation: 'message.send', principal, input, unlimited: true }
        return { to, send: () => api.send(request, about) }
      })
    },
    send: (...volleys) => sendTogether({ api, reach }, volleys),
  }
}

interface Sending {
  readonly api: Pick<Kit['api'], 'redact'>
  readonly reach: Pick<Kit['reach'], 'together'>
}

/** All have their turn first; then one volley after the other, each at once. The seconds are those of the last. */
export function sendTogether(
  { api, reach }: Sending,
  volleys: readonly (readonly Prepared[])[],
): Promise<{ posted: Posted[]; seconds: number }> {
  const post = async ({ to, send }: Prepared): Promise<Posted> => ({
    to,
    exchange: withShortAnswer(await send(), api.redact),
  })
  return reach.together(volleys.flat().length, async () => {
    let last: { posted: Posted[]; seconds: number } = { posted: [], seconds: 0 }
    for (const volley of volleys) {
      const began = performance.now()
      const posted = await Promise.all(volley.map(post))
      last = { posted, seconds: (performance.now() - began) / 1000 }
    }
    return last
  })
}

/** A target may answer a megabyte to each of thousands. What is cut off is redacted before: half a secret is none that is known. */
export function withShortAnswer(exchange: Exchange, redact: (text: string) => string): Exchange {
  const { response } = exchange
  if (response === null) return exchange
  const { body, headers } = response
  const long = headers.reduce((sum, field) => sum + field.join().length, 0) > keptOfAnswer
  const short = {
    ...response,
    headers: long ? headers.filter(([name]) => name === 'retry-after') : headers,
  }
  if (body.length <= keptOfAnswer) return { ...exchange, response: short }
  const text = redact(body)
  // By way of bytes: what is merely sliced keeps the whole in memory.
  const start = Buffer.from(text.slice(0, keptOfAnswer)).toString()
  const cut = `${start}\n… cut: ${Math.max(0, text.length - keptOfAnswer)} more characters`
  return { ...exchange, response: { ...short, body: cut, truncated: true } }
}

/**
 * What came of messages that were sent at once, and how many of them a limiter may have let through in the time that they
 * took. The answers themselves are not kept.
 */
export interface Burst {
  readonly sent: number
  readonly seconds: number
  readonly accepted: number
  readonly allowed: number
  /** The first that was accepted, or where none was, the first of all. */
  readonly sample: Exchange | null
  /** The first answer that was neither. */
  readonly other: Exchange | null
  /** The last refusal by the limit, and to whom all the messages went that it refused, and those that were accepted. */
  readonly refusal: Exchange | null
  readonly refused: readonly string[]
  readonly taken: readonly string[]
}

/** What a burst was, from the answers to its messages. */
export function burstOf(posted: readonly Posted[], seconds: number, limit: SendLimit): Burst {
  const accepted = posted.filter(({ exchange }) => exchange.answer === 'accepted')
  const refused = posted.filter(({ exchange }) => exchange.answer === 'limited')
  return {
    ...{ sent: posted.length, seconds, accepted: accepted.length, allowed: allowedIn(limit, seconds) },
    sample: (accepted[0] ?? posted[0])?.exchange ?? null,
    other:
      posted.find(({ exchange: { answer } }) => answer !== 'accepted' && answer !== 'limited')?.exchange ??
      null,
    refusal: latest(refused.map(({ exchange }) => exchange)),
    refused: refused.map(({ to }) => to),
    taken: accepted.map(({ to }) => to),
  }
}

/** How many messages may pass in so many seconds: a tenth above the promise, and what is earned meanwhile. */
export function allowedIn({ limit, window }: Omit<SendLimit, 'principal'>, seconds: number): number {
  // Where windows begin at fixed times, so long a burst meets one more of them, whenever it is sent.
  const further = seconds < window / 2 ? 0 : limit
  return Math.ceil((limit * 11) / 10 + (limit * seconds) / window + further)
}

/** More was sent than a limiter may let through in the time that it took, so that it shows whether the limit holds. */
function isTelling({ sent, allowed }: Burst): boolean {
  return allowed < sent
}

/** Messages of the first burst against a limit: twice what may pass, and two more. */
export function firstBurst({ limit }: SendLimit): number {
  return limit * 2 + 2
}

/**
 * The largest burst that a slow sender needs and a run may send: a tenth of its budget, but no less than the first. Throws
 * Unproven where the first is too large already.
 */
export function largestBurst(limit: SendLimit, { mails, requests }: Budget = {}): number {
  const first = firstBurst(limit)
  assertSentAtOnce(first, limit)
  const affordable = Math.floor(
    Math.min(mails ?? Number.POSITIVE_INFINITY, requests ?? Number.POSITIVE_INFINITY) / 10,
  )
  return Math.max(first, Math.min(first * 4, affordable, mostAtOnce))
}

/** How many at once, at the pace of this burst, are more than a limiter may let through; twice as many where none are. */
export function largerBurst(
  { sent: count, seconds }: Pick<Burst, 'sent' | 'seconds'>,
  limit: SendLimit,
): number {
  const earnedEach = (limit.limit * seconds) / (limit.window * count)
  const needed = earnedEach < 1 ? (limit.limit * 2.1 + 2) / (1 - earnedEach) : 0
  return Math.max(count * 2, Math.ceil(needed * 1.2))
}

interface Trying {
  /** Messages of the largest burst. */
  readonly most: number
  /** The longest window that is waited for, in seconds. */
  readonly patience: number
}

/**
 * Sends more at once than the limit allows, and more than that as long as too much is earned meanwhile. Each in a window of
 * its own, if that can be waited for: what the one before took of it would look like the limit.
 */
async function burstAgainst(limit: SendLimit, sender: Sender, trying: Trying): Promise<[Burst, ...Burst[]]> {
  const { most, patience } = trying
  const burst = async (count: number): Promise<Burst> => {
    const { posted, seconds } = await sender.send(await sender.prepare(count))
    return burstOf(posted, seconds, limit)
  }
  const bursts: [Burst, ...Burst[]] = [await burst(firstBurst(limit))]
  for (let last = bursts[0]; !isTelling(last) && last.sent < most; bursts.push(last)) {
    await freshWindow(limit, patience)
    last = await burst(Math.min(most, largerBurst(last, limit)))
  }
  return bursts
}

/** Whether a promised limit holds, in words where that cannot be told. */
export type LimitJudgement = 'holds' | 'broken' | { readonly unclear: string }

export interface TriedLimit {
  readonly bursts: readonly Burst[]
  readonly judgement: LimitJudgement
}

/**
 * Bursts against the limit until one tells whether it holds. Where it let too much through, there is another in a fresh
 * window, begun a window after the end of the first: so both cannot have met the same beginning of a fixed window.
 * Where that is not waited for, only another excess says something, right after the first.
 */
export async function tryLimit(limit: SendLimit, sender: Sender, trying: Trying): Promise<TriedLimit> {
  const bursts = await burstAgainst(limit, sender, trying)
  const exceeds = () => {
    const last = bursts.at(-1) ?? bursts[0]
    const { sent, seconds, allowed, accepted, refused } = last
    const lost = sent - accepted - refused.length
    if (!isTelling(last))
      return {
        unclear: `${sent} messages at once took ${seconds.toFixed(1)} s, in which ${limit.limit} in ${limit.window} s allow ${allowed}: too slow to meet the limit`,
      }
    if (accepted > allowed) return true
    if (accepted + lost <= allowed) return false
    return {
      unclear: `${lost} of ${sent} messages at once were answered neither as accepted nor by the limit`,
    }
  }
  const first = exceeds()
  if (first !== true) return { bursts, judgement: first === false ? 'holds' : first }
  const waits = await freshWindow(limit, trying.patience)
  bursts.push(...(await burstAgainst(limit, sender, trying)))
  const second = exceeds()
  if (second === true) return { bursts, judgement: 'broken' }
  if (second !== false) return { bursts, judgement: second }
  const unclear = `more messages at once were accepted than the limit allows, and not again right after it: a window of ${limit.window} s is not waited for`
  return { bursts, judgement: waits ? 'holds' : { unclear } }
}

/** How many of each burst were accepted, as a sentence. */
export function inWords(bursts: readonly Burst[]): string {
  return bursts
    .map(({ accepted, sent, seconds }) => `${accepted} of ${sent} were accepted in ${seconds.toFixed(1)} s`)
    .join(', and in another burst ')
}

/** The last refusal by the limit: what it says of the time to come back holds for all that was accepted before. */
export function latestLimited(bursts: readonly Pick<Burst, 'refusal'>[]): Exchange | null {
  return latest(bursts.flatMap(({ refusal }) => refusal ?? []))
}

function latest(exchanges: readonly Exchange[]): Exchange | null {
  return exchanges.toSorted((one, other) => endOf(other) - endOf(one))[0] ?? null
}

function endOf({ startedAt, milliseconds }: Exchange): number {
  return startedAt + milliseconds
}

/** A message that was sent when a refusal said to come back. */
export interface ComingBack {
  readonly refusal: Exchange
  readonly message: Awaited<ReturnType<Kit['post']['send']>>
  /** False where it was accepted after the window was over, and the refusal names less: then nobody knows whether it is honest. */
  readonly isTelling: boolean
}

/** A busy machine comes back late now and then. */
const mostReturns = 3

/**
 * Comes back when the last refusal says to; where that was too late to tell, once more after another burst. `null` where no refusal
 * says when, or one says later than the run's patience.
 */
export async function comeBack(
  { post, reach }: Pick<Kit, 'post' | 'reach'>,
  limit: SendLimit,
  sender: Sender,
  bursts: readonly Burst[],
): Promise<ComingBack | null> {
  let burst = bursts.findLast(({ refusal }) => refusal !== null)
  for (let tried = 1; ; tried++) {
    const { refusal = null, sample = null } = burst ?? {}
    const pause = refusal === null ? null : retryAfter(refusal)
    if (refusal === null || pause === null || pause > reach.patience) return null
    await after(Math.max(0, endOf(refusal) + pause * 1100 + 50 - Date.now()))
    const message = await post.send({}, limit.principal, { unlimited: true })
    const { startedAt, answer } = message.exchange
    const since = sample?.answer === 'accepted' ? sample.startedAt : refusal.startedAt
    const isOver = pause < limit.window && startedAt - since >= limit.window * 1000
    if (answer !== 'accepted' || !isOver) return { refusal, message, isTelling: true }
    if (tried === mostReturns) return { refusal, message, isTelling: false }
    await freshWindow(limit, reach.patience)
    const { posted, seconds } = await sender.send(await sender.prepare(firstBurst(limit)))
    burst = burstOf(posted, seconds, limit)
    if (burst.refusal === null) return { refusal, message, isTelling: false }
  }
}

/** What reached the wire of the messages that the limit refused: how many, and the first of them. */
export interface RefusedButSent {
  readonly count: number
  readonly first: Delivery | undefined
}

export async function refusedButSent(
  wire: Pick<Wire, 'deliveries'>,
  bursts: readonly Pick<Burst, 'refused'>[],
): Promise<RefusedButSent> {
  const refused = bursts.flatMap(({ refused }) => refused)
  let first: Delivery | undefined
  const counts = await someAtATime(refused.length, async (n) => {
    const came = await wire.deliveries({ to: refused[n] ?? '' })
    first ??= came[0]
    return came.length
  })
  return { count: counts.reduce((sum, count) => sum + count, 0), first }
}

/** Messages that are waited for at most: of more, all count as sent. */
const mostAwaited = 1000

/**
 * How many of the messages that the last burst had accepted were sent, after a fence, and whether a limiter keeps the others back:
 * some take all. It decides when a message comes, so that no more are sent than it may let through while they came.
 */
export async function sentOf(
  { profile, verify, wire }: Pick<Kit, 'profile' | 'verify' | 'wire'>,
  bursts: readonly Pick<Burst, 'taken' | 'allowed'>[],
): Promise<{ readonly count: number; readonly isKept: boolean }> {
  const { taken = [], allowed = 0 } = bursts.at(-1) ?? {}
  if (taken.length > mostAwaited) return { count: taken.length, isKept: false }
  const within = profile.mail.delivery.within * 1000
  await Promise.all(taken.map((to) => wire.arrival({ to }, { within }).catch(unlessSeen)))
  await verify.fenced()
  const came = (await Promise.all(taken.map((to) => wire.deliveries({ to })))).flat()
  return {
    count: came.length,
    isKept: came.length > 0 && came.length <= allowed && came.length < taken.length,
  }
}
