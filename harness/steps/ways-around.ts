import type { Kit } from '../check/kit.ts'
import type { Shown, Volley } from '../check/trail.ts'
import type { Exchange } from '../model.ts'
import { chanceOfMore, type Share, shuffled } from '../probes/statistics.ts'
import { Unproven } from '../verdicts.ts'
import {
  assertSentAtOnce,
  freshWindow,
  type Posted,
  type Prepared,
  type Sender,
  type SendLimit,
} from './bursts.ts'

/** Messages that a limiter may not count among the plain ones. */
export interface WayAround {
  readonly name: string
  prepare(count: number): Promise<Prepared[]>
  /** Sends one where the limit leaves room: who is refused anyway shows nothing of the limit. */
  alone?(): Promise<Exchange>
}

/** What a burst shows of one way around a limit, beside the plain requests in it. */
export interface TriedWay {
  readonly name: string
  readonly way: WayAround
  /**
   * `more`: clearly more of it passed than of the plain ones. `no more`: that would have been seen. `unclear`: so many plain
   * ones passed by themselves that neither can be said.
   */
  readonly seen: 'more' | 'no more' | 'unclear'
  readonly sent: number
  readonly passed: readonly Posted[]
  readonly plain: Share
  /** Plain ones that went before, and use the limit up. */
  readonly before: readonly Volley[]
}

/** What a finding of it is, and how it is repeated. */
export function shownBy({ before, passed, sent }: Pick<TriedWay, 'before' | 'passed' | 'sent'>): Shown {
  const of = passed[0]?.exchange
  return { of, volleys: of && [...before, { of, count: sent }] }
}

export interface TryOptions {
  readonly sender: Sender
  readonly random: () => number
  readonly post: Pick<Kit['post'], 'of'>
  /** The longest window that is waited for. */
  readonly reach: Pick<Kit['reach'], 'patience'>
}

/** Chance puts that many of one way among those that pass once in a hundred bursts; a finding takes two bursts. */
const clearly = 0.01
/** Requests of each way in the first burst, with plain ones for each of those, and of all ways in the largest. */
const [each, plainForEach, mostOfAll] = [5, 4, 480]

/**
 * Tries all ways around a limit in one burst, in an order that is tossed for, with plain requests among them and after as
 * many as use the limit up. Whatever the limiter earns meanwhile, it earns for all alike: so a slow sender loses nothing, and
 * no length of a window is supposed. What passed more often is tried again in a fresh window, where only what arrived counts:
 * an answer of 200 may come from anything. Throws Unproven where no plain request meets the limit.
 */
export async function tryWaysAround(
  options: TryOptions,
  limit: SendLimit,
  ways: readonly WayAround[],
): Promise<readonly TriedWay[]> {
  const tried = await tryUntilClear(options, limit, ways, each)
  const suspects = tried.flatMap((one) => (one.seen === 'more' ? [one.way] : []))
  if (suspects.length === 0) return tried
  const waits = await freshWindow(limit, options.reach.patience)
  const again = await tryUntilClear(options, limit, suspects, each * 2)
  const confirmed = await Promise.all(
    again.map(async (one): Promise<TriedWay> => {
      const passed = await arrived(options, one.passed)
      const seen = judgeWay({ passed: passed.length, of: one.sent }, one.plain)
      // What used up the budget of its own in the first burst has none in the same window.
      return { ...one, passed, seen: seen === 'no more' && !waits ? 'unclear' : seen }
    }),
  )
  return replaced(tried, confirmed)
}

/** Of these, those that reached the wire. */
async function arrived({ post }: TryOptions, accepted: readonly Posted[]): Promise<Posted[]> {
  const came = await Promise.all(accepted.map(({ to, exchange }) => post.of(to, exchange).arrived()))
  return accepted.filter((_, n) => came[n] !== null)
}

/** In one burst, or two: the second is of what the first leaves unclear, as large as its plain requests say it must be. */
async function tryUntilClear(
  options: TryOptions,
  limit: SendLimit,
  ways: readonly WayAround[],
  times: number,
): Promise<readonly TriedWay[]> {
  const tried = await tryTogether(options, limit, ways, times)
  const open = tried.filter(({ seen }) => seen === 'unclear')
  const [one] = open
  if (one === undefined) return tried
  const needed = Math.max(times * 2, enoughBeside(one.plain))
  if (needed * open.length > mostOfAll) return tried
  const ofOpen = await tryTogether(
    options,
    limit,
    open.map(({ way }) => way),
    needed,
  )
  return replaced(tried, ofOpen)
}

/** Requests of a way that cannot all pass by chance where so many plain ones do, and half as many more. */
export function enoughBeside({ passed, of }: Share): number {
  return Math.ceil((1.5 * Math.log(clearly)) / Math.log(passed / of))
}

function replaced(tried: readonly TriedWay[], by: readonly TriedWay[]): TriedWay[] {
  return tried.map((one) => by.find(({ way }) => way === one.way) ?? one)
}

/** Whether more of a way passed than of plain requests; who gets around a limit gets all through, as far as we go. */
export function judgeWay(way: Share, plain: Share): TriedWay['seen'] {
  if (chanceOfMore(way, plain) < clearly) return 'more'
  const all = { passed: way.of, of: way.of }
  return way.passed === 0 || chanceOfMore(all, plain) < clearly ? 'no more' : 'unclear'
}

async function tryTogether(
  { sender, random }: TryOptions,
  promised: SendLimit,
  ways: readonly WayAround[],
  times: number,
): Promise<TriedWay[]> {
  const { limit, principal } = promised
  const using = Math.ceil(limit * 1.1) + 1
  assertSentAtOnce(using, promised)
  const first = await sender.prepare(using)
  const plain = await sender.prepare(times * plainForEach)
  const changed = await Promise.all(ways.map((way) => way.prepare(times)))
  const { posted } = await sender.send(first, shuffled([...plain, ...changed.flat()], random))
  const answers = new Map(posted.map((one) => [one.to, one]))
  const answered = (some: readonly { readonly to: string }[], as: 'accepted' | 'limited') =>
    some.flatMap(({ to }) => answers.get(to) ?? []).filter(({ exchange }) => exchange.answer === as)
  const limited = answered(plain, 'limited').length
  const [sample] = answered(plain, 'limited')
  const before = sample === undefined ? [] : [{ of: sample.exchange, count: using }]
  const share = { passed: answered(plain, 'accepted').length, of: plain.length }
  if (limited === 0)
    throw new Unproven(
      `of ${plain.length} plain messages after ${using} none was answered by the limit, ${share.passed} were accepted`,
      `see rate-limit/send-burst; where that passes, lower the limit of ${principal} in this environment: this machine is slow`,
    )
  return ways.map((way, n) => {
    const sent = changed[n] ?? []
    const passed = answered(sent, 'accepted')
    const seen = judgeWay({ passed: passed.length, of: sent.length }, share)
    return { name: way.name, way, seen, sent: sent.length, passed, plain: share, before }
  })
}
