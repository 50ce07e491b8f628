import { setTimeout as after } from 'node:timers/promises'
import type { Reach } from '../api/reach.ts'
import { type Ready, releasedTogether } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange, Severity } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import type { Policies } from '../profile/shape.ts'
import { Unproven, unlessUnproven } from '../verdicts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { allowedIn, freshWindow } from './bursts.ts'

/** Guesses after which a throttle must have shown, where the profile demands no other: a hundred an hour is too many (ASVS 5.0 6.3.1). */
const enoughGuesses = 120
const atOnce = 10
/** An answer that takes this long, in milliseconds, holds the guesser back as well as a refusal. */
const tarpit = 5000

/** What became of a guess: an answer that comes late may be a tarpit's, or that of a machine with much to do. */
export type Guessed = 'looked at' | 'held back' | 'late'

export interface Guess {
  readonly guessed: Guessed
  /** `null` where the connection was cut. */
  readonly exchange: Exchange | null
  /** What no other guess says. */
  readonly says: string
}

/** Guesses at one thing. */
export interface Guessing {
  /** Makes one, once `ready` has resolved. Throws Unproven where the answer says nothing. */
  guess(ready?: Ready): Promise<Guess>
  /** Shows what is right, which some refuse to whoever guessed too often, while they go on answering guesses as before. */
  right?(ready?: Ready): Promise<Exchange>
}

export interface WayToGuess extends Guessing {
  readonly name: string
  /** A guard: who guesses nothing is let in. All are asked before the first guess, since a throttle lets nobody in. */
  readonly ready: Promise<unknown>
  /** After how many failures in so many seconds the profile promises to hold back; `null` where it promises nothing. */
  readonly promised: Promised | null
  /** Where it is not the worst that the check can find. */
  readonly severity?: Severity
  /** Whether one guess by itself is answered late as well, where other calls are not. */
  isTarpit(): Promise<boolean>
  /** Another thing of the kind, at which nobody has guessed yet. */
  another?(): Promise<Guessing>
}

export interface Promised {
  readonly limit: number
  /** Seconds. */
  readonly window: number
}

/** Seconds, where the profile does not say how long a window is. */
const usualWindow = 60

/** `null` where nothing is promised. */
export function promise(limit: number | undefined, window = usualWindow): Promised | null {
  return limit === undefined ? null : { limit, window }
}

/**
 * Guesses, ten at once however the run is paced, until one was held back or there were enough: how many were looked at, whether
 * one was held back, and what has `turned` in their answers.
 */
export async function guessUntilThrottled(
  { together }: Pick<Reach, 'together'>,
  { guess, isTarpit }: Pick<WayToGuess, 'guess' | 'isTarpit'>,
  { limits }: Policies,
): Promise<{ readonly guesses: number; readonly heldBack: boolean; readonly turned: Turn | null }> {
  const enough = limits?.signIn?.demand ?? enoughGuesses
  let guesses = 0
  let turned: Turn | null = null
  while (guesses < enough) {
    const made = await together(atOnce, () => Promise.all(Array.from({ length: atOnce }, () => guess())))
    const seen = made.map(({ guessed }) => guessed)
    guesses += atOnce
    if (seen.includes('held back') || (seen.includes('late') && (await isTarpit())))
      return { guesses, heldBack: true, turned }
    turned = turnIn(guess, made)
  }
  return { guesses, heldBack: false, turned }
}

/** Guesses that were refused with one status and others with another: what is a limit there nobody has said, and that may be. */
interface Turn {
  readonly operation: string
  readonly from: number
  readonly to: number
}

const seen = new WeakMap<Guessing['guess'], Set<number>>()

/** In what is answered to these and to those before them at the same thing. */
function turnIn(guess: Guessing['guess'], guesses: readonly Guess[]): Turn | null {
  const statuses = seen.get(guess) ?? new Set()
  seen.set(guess, statuses)
  for (const { exchange } of guesses) if (exchange?.response) statuses.add(exchange.response.status)
  const [from, to] = statuses
  const operation = guesses.find(({ exchange }) => exchange !== null)?.exchange?.operation ?? ''
  return from === undefined || to === undefined ? null : { operation, from, to }
}

function notTurned({ verify }: Pick<Kit, 'verify'>, turned: Turn | null): void {
  if (turned === null) return
  const { operation, from, to } = turned
  verify.held(
    false,
    `guesses were answered ${from}, and then ${to}: whether that is a throttle is not known`,
    operation.startsWith('submission.')
      ? 'see its log for what it counts'
      : `say what a limit looks like there: operations.${operation}.limited in the profile, such as status = ${to}`,
  )
}

/** A verdict: whoever goes on guessing is held back; `wasHeld` where that was seen. */
export async function throttleHolds(
  { reach, profile, verify }: Pick<Kit, 'reach' | 'profile' | 'verify'>,
  way: WayToGuess,
  wasHeld = false,
): Promise<void> {
  if (wasHeld) return void verify.that(true, { expected: 'a throttle', actual: '' })
  const { guesses, heldBack, turned } = await guessUntilThrottled(reach, way, profile.policies)
  const holds = heldBack || (await isShut(way))
  if (!holds) notTurned({ verify }, turned)
  verify.that(holds, {
    severity: way.severity,
    expected: `a throttle within ${guesses} wrong guesses`,
    actual: `${guesses} guesses in a row were looked at, none was held back`,
  })
}

/** Where a window slides, there may be room for one at that moment: so it is tried some times, with guesses between. */
async function isShut({ guess, right }: Guessing): Promise<boolean> {
  for (let look = 0; right !== undefined && look < 3; look++) {
    const { answer } = await right()
    if (['refused', 'invalid', 'limited'].includes(answer)) return true
    // What is right may be used up now, and nothing left to guess.
    await Promise.all(Array.from({ length: atOnce }, () => guess().catch(unlessUnproven)))
  }
  return false
}

/** What came of guesses that were released together. */
export interface Race {
  readonly sent: number
  readonly looked: number
  /** Those that were not made, or whose answer said nothing. */
  readonly lost: number
  /** From when they were released to the last answer. */
  readonly seconds: number
  /** One that was looked at. */
  readonly sample: Guess | undefined
  readonly turned: Turn | null
}

/** At least so many are released together; the most are as many connections at once. */
const [leastReleased, mostReleased] = [60, 500]
/** Milliseconds: all that was released before is there by then, and no hash is over. */
const rightBehind = 25

/** More than two windows let through, so that it does not matter when a window begins. Throws Unproven for too many. */
export function guessesToRelease({ limit }: Promised): number {
  const count = Math.max(leastReleased, Math.ceil(limit * 2.5) + 2)
  if (count <= mostReleased) return count
  throw new Unproven(
    `a limit of ${limit} failures is met by ${count} guesses at once, and ${mostReleased} are the most that are made so`,
    'lower the limit in this environment',
  )
}

/** Makes guesses that go out together, each on a connection of its own, and one of what is `right` right behind them, where that is given. */
export async function raceGuesses(
  { together }: Pick<Reach, 'together'>,
  { guess }: Pick<Guessing, 'guess'>,
  count: number,
  right?: Guessing['right'],
): Promise<Race & { readonly letIn: Exchange | null }> {
  let released = performance.now()
  const wrong = Array.from({ length: count }, () => async (ready: Ready) => {
    let isThere = false
    const start = async () => {
      isThere = true
      await ready()
      released = performance.now()
    }
    const made = await guess(start).catch(unlessUnproven)
    // A connection too many is turned away for that alone: nobody has guessed on it.
    return isThere ? made : null
  })
  const behind = async (ready: Ready) =>
    right?.(async () => {
      await ready()
      await after(rightBehind)
    }) ?? null
  let letIn: Exchange | null = null
  const guesses = await together(count + 1, () =>
    releasedTogether([
      ...wrong,
      async (ready) => {
        letIn = await behind(ready)
        return null
      },
    ]),
  )
  const made = guesses.slice(0, count)
  const looked = made.filter((one) => one !== null && one.guessed !== 'held back')
  return {
    sent: count,
    looked: looked.length,
    lost: made.filter((one) => one === null).length,
    seconds: (performance.now() - released) / 1000,
    sample: looked.find((one) => one !== null) ?? undefined,
    turned: turnIn(
      guess,
      looked.filter((one) => one !== null),
    ),
    letIn,
  }
}

/**
 * A verdict: of guesses that are released together no more are looked at than the profile promises, and whether any was held back.
 * A counter that is read before a secret is looked at, and written after, counts what comes one by one alone.
 */
export async function raceHolds(
  kit: Pick<Kit, 'reach' | 'profile' | 'verify'>,
  way: WayToGuess,
): Promise<boolean> {
  const { reach, profile, verify } = kit
  const { promised, another } = way
  verify.applies(
    promised !== null,
    'the profile promises no limit of failures here (policies.limits.signIn or badKeys), and a race is counted against one',
  )
  if (promised === null) return false
  const count = guessesToRelease(promised)
  const first = await raceGuesses(reach, way, count, way.right)
  const isTold = first.looked + first.lost < first.sent
  // Of a window that slides, the end of what filled it may be near: so the one in the race counts as well.
  const right = isTold ? [] : [first.letIn, await way.right?.()].flatMap((one) => one?.answer ?? [])
  if (right.some((answer) => answer !== 'accepted' && answer !== 'limited')) {
    await silentRaceHolds(kit, way, count)
    return true
  }
  const heldBack = isTold || right.includes('limited')
  if (!heldBack && another === undefined && way.right !== undefined) {
    // Nobody was told of anything: whether others are shows one after the other.
    const { heldBack: isLoud } = await guessUntilThrottled(reach, way, profile.policies)
    if (!isLoud && (await isShut(way))) {
      await silentRaceHolds(kit, way, count)
      return true
    }
  }
  notTurned(kit, first.turned)
  const isClear = first.looked > allowed(first, promised) + Math.ceil(promised.limit * 1.1)
  if (isClear || keeps(first, promised)) judgeRace(kit, first, promised)
  else {
    const elsewhere = async () => {
      if (another !== undefined) return another()
      return (await freshWindow(promised, reach.patience)) ? way : null
    }
    const isOver = first.looked > exactly(first, promised)
    const next = isOver ? await elsewhere() : null
    verify.held(
      next !== null,
      `${inWords(first)}, which is no clear answer beside ${inPromise(promised)}`,
      isOver
        ? 'shorten the window in this environment: one that began meanwhile lets twice as many through'
        : 'raise the limits of connections at once in this environment, or run it on a quieter machine',
    )
    // A window that begins meanwhile lets twice as many through, but not twice.
    if (next === null) return heldBack
    const second = await raceGuesses(reach, next, count)
    verify.held(
      keeps(second, promised) || second.looked > allowed(second, promised),
      `${inWords(second)} at the second time, ${first.looked} at the first, beside ${inPromise(promised)}: a limit that is not exact lets so many through, and so does a short race`,
      'run it on a quieter machine, or promise what it lets through',
    )
    judgeRace(kit, second, promised, 'low')
  }
  return heldBack
}

/** What a limiter may look at in the time that it took. */
function allowed({ seconds }: Race, promised: Promised): number {
  return allowedIn(promised, seconds)
}

/** The same by a limiter that counts each: one, or a fiftieth, may be the work of clocks. */
function exactly({ seconds }: Race, { limit, window }: Promised): number {
  return Math.floor(limit + (limit * seconds) / window + Math.max(1, limit / 50))
}

function keeps(race: Race, promised: Promised): boolean {
  return race.looked + race.lost <= exactly(race, promised)
}

function inWords({ sent, looked, lost, seconds }: Race): string {
  return `${looked} of ${sent} guesses that were released together were looked at in ${seconds.toFixed(1)} s${lost === 0 ? '' : `, and ${lost} not answered`}`
}

function inPromise({ limit, window }: Promised): string {
  return `${limit} in ${window} s`
}

function judgeRace({ verify }: Pick<Kit, 'verify'>, race: Race, promised: Promised, severity?: 'low'): void {
  const { sample, sent } = race
  const of = sample?.exchange ?? undefined
  const most = allowed(race, promised)
  verify.held(
    most < sent,
    `${inWords(race)}, and in that time ${most} may be, beside ${inPromise(promised)}: they did not come together`,
    'run it on a quieter machine, or lengthen the window in this environment',
  )
  verify.that(race.looked <= most, {
    ...{ of, severity },
    volleys: of === undefined ? undefined : [{ of, count: sent, varies: sample?.says }],
    expected: `no more guesses looked at than the promised ${inPromise(promised)}, also of those that come together`,
    actual: inWords(race),
  })
}

/** Some go on answering as before: then it shows by the right secret alone, which comes right behind as many wrong ones as must shut it out. */
async function silentRaceHolds(
  { reach, verify }: Pick<Kit, 'reach' | 'verify'>,
  { another }: WayToGuess,
  count: number,
): Promise<void> {
  verify.applies(
    another !== undefined,
    'whom the target holds back it does not tell so, and how many guesses it looked at is not to be seen',
  )
  let race: Awaited<ReturnType<typeof raceGuesses>> | null = null
  // Chance may put the right one first.
  for (let times = 0; times < 3; times++) {
    const fresh = await another?.()
    if (fresh === undefined) return
    race = await raceGuesses(reach, fresh, count, fresh.right)
    if (race.letIn?.answer !== 'accepted') break
  }
  const of = race?.letIn ?? undefined
  const wrong = race?.sample?.exchange ?? undefined
  verify.that(of?.answer !== 'accepted', {
    of,
    volleys:
      of === undefined || wrong === undefined
        ? undefined
        : [
            { of: wrong, count, varies: race?.sample?.says },
            { of, count: 1, alongside: true },
          ],
    expected: 'the right secret refused right behind so many wrong ones',
    actual: `it was let in behind ${count} wrong ones that were released together, three times`,
  })
}

/** Throws Unproven where the answer says nothing. */
export function guessedByHttp({ verify }: Pick<Kit, 'verify'>, exchange: Exchange): Guessed {
  if (exchange.answer === 'limited') return 'held back'
  verify.answered(exchange)
  return isLate(exchange) ? 'late' : 'looked at'
}

/** As the answer of a tarpit is. */
export function isLate({ milliseconds }: Exchange): boolean {
  return milliseconds > tarpit
}

/** The same by SMTP AUTH (RFC 4954): 535 says that the guess was looked at, 4yz that it was put off. */
export async function guessedBySmtp(
  { post, saw }: Pick<Kit, 'post' | 'saw'>,
  secret: string,
  ready?: Ready,
): Promise<Pick<Guess, 'guessed' | 'exchange'>> {
  try {
    const exchange = await post.authenticate(secret, { ready })
    const isLookedAt = exchange.answer === 'refused' || exchange.answer === 'accepted'
    return { guessed: isLookedAt ? 'looked at' : 'held back', exchange }
  } catch (error) {
    // It was reached before: who hangs up, or does not greet any more, holds back.
    if (!(error instanceof SmtpFailure)) throw error
    saw.measured(error.message)
    return { guessed: 'held back', exchange: null }
  }
}

/** A guard: a call that guesses nothing is answered in time, so that a late answer is not that of a machine with much to do. */
export async function isQuick(kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Promise<true> {
  const { api, verify } = kit
  const [read] = plainReads(kit)
  verify.held(
    read !== undefined,
    'guesses are answered late, and the profile declares no read to compare them with',
    'declare principal.get, or another read that needs no object',
  )
  if (read === undefined) return true
  const { milliseconds } = await api.call(read, inputAlone(kit, read) ?? {}, undefined, { unlimited: true })
  verify.held(
    milliseconds < tarpit / 2,
    `guesses are answered late, and what is no guess took ${Math.round(milliseconds)} ms`,
    'run it on a quieter machine: whether the target holds guessers back cannot be told from its being slow',
  )
  return true
}
