import { setTimeout as after } from 'node:timers/promises'
import type { Kit } from '../check/kit.ts'
import type { Delivery, Exchange, HttpRequest } from '../model.ts'
import type { Profile } from '../profile/profile.ts'
import type { Budget } from '../profile/shape.ts'
import type { Wire } from '../sandbox/client.ts'

/** A promised limit of sending, and the principal who is there to exhaust it. */
export interface SendLimit {
  /** Messages in one window. */
  readonly limit: number
  /** Seconds. */
  readonly window: number
  readonly principal: string
}

/** What the profile promises; a check that asks for it names it in its needs. */
export function sendLimit({ policies }: Pick<Profile, 'policies'>): SendLimit {
  const { limit = 1, window = 1, principal = '' } = policies.limits?.send ?? {}
  return { limit, window, principal }
}

/** A message that is ready to be sent. */
export interface Prepared {
  /** An address that nobody else writes to. */
  readonly to: string
  send(): Promise<Exchange>
}

/** A message that was sent, and its answer as it is. */
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
      return Promise.all(
        Array.from({ length: count }, async () => {
          const to = mailbox.address('burst')
          const letter = api.carried('message.send', mailbox.letter())
          const plain = await api.prepare('message.send', { to, ...letter }, principal)
          const request = change(plain, (serial++ % 250) + 1)
          return { to, send: () => api.send(request, { operation: 'message.send', principal }) }
        }),
      )
    },
    send: (...volleys) => sendTogether(reach, volleys),
  }
}

/** All have their turn first; then one volley after the other, each at once. The seconds are those of the last. */
export function sendTogether(
  reach: Pick<Kit['reach'], 'together'>,
  volleys: readonly (readonly Prepared[])[],
): Promise<{ posted: Posted[]; seconds: number }> {
  const post = async ({ to, send }: Prepared): Promise<Posted> => ({ to, exchange: await send() })
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

/** Messages that were sent at once, and how many of them a limiter may have let through in the time that they took. */
export interface Burst {
  readonly posted: readonly Posted[]
  readonly seconds: number
  readonly accepted: number
  readonly allowed: number
}

/** How many messages may pass in so many seconds: a tenth above the promise, and what is earned meanwhile. */
export function allowedIn({ limit, window }: SendLimit, seconds: number): number {
  // Where windows begin at fixed times, so long a burst meets one more of them, whenever it is sent.
  const further = seconds < window / 2 ? 0 : limit
  return Math.ceil((limit * 11) / 10 + (limit * seconds) / window + further)
}

/** More was sent than a limiter may let through in the time that it took, so that it shows whether the limit holds. */
function isTelling({ posted, allowed }: Burst): boolean {
  return allowed < posted.length
}

/** Messages of the first burst against a limit: twice what may pass, and two more. */
export function firstBurst({ limit }: SendLimit): number {
  return limit * 2 + 2
}

/** The largest burst that a slow sender needs and a run may send: a tenth of its budget, but no less than the first. */
export function largestBurst(limit: SendLimit, { mails, requests }: Budget = {}): number {
  const affordable = Math.floor(
    Math.min(mails ?? Number.POSITIVE_INFINITY, requests ?? Number.POSITIVE_INFINITY) / 10,
  )
  return Math.max(firstBurst(limit), Math.min(firstBurst(limit) * 4, affordable))
}

/** How many at once, at the pace of this burst, are more than a limiter may let through; twice as many where none are. */
export function largerBurst(
  { posted, seconds }: Pick<Burst, 'posted' | 'seconds'>,
  limit: SendLimit,
): number {
  const count = posted.length
  const earnedEach = (limit.limit * seconds) / (limit.window * count)
  const needed = earnedEach < 1 ? (limit.limit * 2.1 + 2) / (1 - earnedEach) : 0
  return Math.max(count * 2, Math.ceil(needed * 1.2))
}

/** Sends more at once than the limit allows, and more than that as long as too much is earned meanwhile, up to `most`. */
async function burstAgainst(limit: SendLimit, sender: Sender, most: number): Promise<[Burst, ...Burst[]]> {
  const burst = async (count: number): Promise<Burst> => {
    const { posted, seconds } = await sender.send(await sender.prepare(count))
    const accepted = posted.filter(({ exchange }) => exchange.answer === 'accepted').length
    return { posted, seconds, accepted, allowed: allowedIn(limit, seconds) }
  }
  const bursts: [Burst, ...Burst[]] = [await burst(firstBurst(limit))]
  for (let last = bursts[0]; !isTelling(last) && last.posted.length < most; bursts.push(last))
    last = await burst(Math.min(most, largerBurst(last, limit)))
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
 * `patience` is the longest that is waited for, in seconds; right after the first, only another excess says something.
 */
export async function tryLimit(
  limit: SendLimit,
  sender: Sender,
  { most, patience }: { readonly most: number; readonly patience: number },
): Promise<TriedLimit> {
  const bursts = await burstAgainst(limit, sender, most)
  const exceeds = () => {
    const last = bursts.at(-1) ?? bursts[0]
    if (isTelling(last)) return last.accepted > last.allowed
    const { posted, seconds, allowed } = last
    return {
      unclear: `${posted.length} messages at once took ${seconds.toFixed(1)} s, in which ${limit.limit} in ${limit.window} s allow ${allowed}: too slow to meet the limit`,
    }
  }
  const first = exceeds()
  if (first !== true) return { bursts, judgement: first === false ? 'holds' : first }
  const waits = limit.window <= patience
  if (waits) await after(limit.window * 1000)
  bursts.push(...(await burstAgainst(limit, sender, most)))
  const second = exceeds()
  if (second === true) return { bursts, judgement: 'broken' }
  if (second !== false) return { bursts, judgement: second }
  const unclear = `more messages at once were accepted than the limit allows, and not again right after it: a window of ${limit.window} s is not waited for`
  return { bursts, judgement: waits ? 'holds' : { unclear } }
}

/** How many of each burst were accepted, as a sentence. */
export function inWords(bursts: readonly Burst[]): string {
  return bursts
    .map(
      ({ accepted, posted, seconds }) =>
        `${accepted} of ${posted.length} were accepted in ${seconds.toFixed(1)} s`,
    )
    .join(', and in another burst ')
}

/** The last refusal by the limit: what it says of the time to come back holds for all that was accepted before. */
export function latestLimited(bursts: readonly Pick<Burst, 'posted'>[]): Exchange | null {
  const ended = ({ startedAt, milliseconds }: Exchange) => startedAt + milliseconds
  const limited = refused(bursts).map(({ exchange }) => exchange)
  return limited.toSorted((one, other) => ended(other) - ended(one))[0] ?? null
}

/** What reached the wire of the messages that the limit refused. */
export async function refusedButSent(
  wire: Pick<Wire, 'deliveries'>,
  bursts: readonly Pick<Burst, 'posted'>[],
): Promise<Delivery[]> {
  return (await Promise.all(refused(bursts).map(({ to }) => wire.deliveries({ to })))).flat()
}

function refused(bursts: readonly Pick<Burst, 'posted'>[]): Posted[] {
  return bursts.flatMap(({ posted }) => posted).filter(({ exchange }) => exchange.answer === 'limited')
}
