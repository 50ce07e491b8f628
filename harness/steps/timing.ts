import { setTimeout as after } from 'node:timers/promises'
import { retryAfter } from '../api/retry-after.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { outline, shape, wording } from '../probes/answer-shapes.ts'
import { type Comparison, compareTimes } from '../probes/timing.ts'
import type { Profile } from '../profile/profile.ts'
import { Unproven } from '../verdicts.ts'
import { freshWindow } from './bursts.ts'

/** Two kinds of things asked about whose answers are not to tell which is which: addresses with an account and without. */
export interface Kinds<Subject> {
  /** One fresh subject of each kind. */
  make(): Promise<{ readonly a: Subject; readonly b: Subject }>
  ask(subject: Subject): Promise<Exchange>
  /** How often one subject may be asked about, and how many of each kind there may be. */
  readonly bounds: { readonly tries: number; readonly subjects: number }
}

/** What came of asking about both kinds in pairs. */
export interface AskedInPairs {
  /** The first answers about each subject. */
  readonly firsts: { readonly a: readonly Exchange[]; readonly b: readonly Exchange[] }
  /** One of them is accepted where all is well, as no wrong password is. */
  readonly isAcceptedOfSome?: true
  /** How often it was asked about each of them, where these answers are the last; once where it is left out. */
  readonly times?: number
  /** Or why times could not be compared to the end. */
  readonly comparison: Comparison | Unproven
}

type By = Pick<Kit, 'alone' | 'profile' | 'random' | 'reach' | 'saw' | 'verify'>

/** The least difference of times that a verdict must not miss: milliseconds. */
function whatMatters({ policies }: Profile): number {
  return policies.timing?.difference ?? 25
}

/** Of a limit that all share, what comes free goes to one or to the other. */
const rounds = 3

export class Throttled extends Unproven {
  readonly limited: Exchange
  constructor(limited: Exchange) {
    super(
      'the target throttled the measurement',
      'raise its limit for these calls in this environment, and say in policies.limits of the profile what it is',
    )
    this.limited = limited
  }
}

/**
 * Asks about both kinds until their times are judged, or as often as `bounds` allows; from the beginning where a limit that others had
 * nearly used up came between, once it is there again.
 */
export async function askInPairs<Subject>(by: By, kinds: Kinds<Subject>): Promise<AskedInPairs> {
  await by.alone()
  const first = await askedInPairs(by, kinds)
  const { comparison, firsts } = first
  if (!(comparison instanceof Throttled) || firsts.a.some(({ answer }) => answer === 'limited')) return first
  return (await untilAllowed(by, comparison.limited)) ? askedInPairs(by, kinds) : first
}

/**
 * Waits until nothing counts that was failed before what was limited, as the profile promises for sign-ins, or as long as the target
 * says; false where that is longer than anybody waits.
 */
export async function untilAllowed(
  { profile, reach }: Pick<Kit, 'profile' | 'reach'>,
  limited: Exchange,
): Promise<boolean> {
  const window = profile.policies.limits?.signIn?.window ?? retryAfter(limited)
  return window !== null && freshWindow({ window }, reach.patience)
}

async function askedInPairs<Subject>(by: By, kinds: Kinds<Subject>): Promise<AskedInPairs> {
  const { profile, random, reach, verify } = by
  const { tries, subjects } = kinds.bounds
  const made: { readonly a: Subject; readonly b: Subject }[] = []
  const firsts: Record<'a' | 'b', Exchange[]> = { a: [], b: [] }
  /** Who is told at the first question to come later, when strangers are not, is not so for the questions. */
  const byItself = async (subject: Subject, limited: Exchange) => {
    // What others have used up is there again then.
    const pause = retryAfter(limited)
    if (pause !== null && pause <= reach.patience) await after(pause * 1000)
    for (let round = 1; round <= rounds; round++) {
      const stranger = (await kinds.make()).b
      const first = await kinds.ask(round % 2 === 1 ? subject : stranger)
      const second = await kinds.ask(round % 2 === 1 ? stranger : subject)
      const [again, other] = round % 2 === 1 ? [first, second] : [second, first]
      if (again.answer !== 'limited') return
      if (other.answer === 'limited' || other.answer === 'broken' || other.response === null) return
      if (round < rounds) continue
      firsts.a.push(again)
      if (firsts.b.length === 0) firsts.b.push(other)
    }
  }
  const arm = (kind: 'a' | 'b') => async (pair: number) => {
    const of = made[Math.floor(pair / tries)]
    if (of === undefined) throw new Error(`expected a subject for pair ${pair}`)
    const exchange = await kinds.ask(of[kind])
    if (exchange.answer === 'limited') {
      if (kind === 'a' && firsts.a.length < made.length && pair % tries === 0) await byItself(of.a, exchange)
      throw new Throttled(exchange)
    }
    verify.answered(exchange)
    if (firsts[kind].length < made.length) firsts[kind].push(exchange)
    return exchange.milliseconds
  }
  const arms = {
    a: arm('a'),
    b: arm('b'),
    async prepare(pair: number) {
      if (pair % tries === 0) made.push(await kinds.make())
    },
  }
  const comparison = await compareTimes(arms, {
    matters: whatMatters(profile),
    random,
    most: tries * subjects,
    together: (ask) => reach.together(2, ask),
  }).catch((error: unknown) => {
    if (error instanceof Unproven) return error
    throw error
  })
  return { firsts, comparison }
}

/**
 * Asks about so many pairs, one question each: what is answered is compared, and no times are. It is a question that is accepted of
 * somebody.
 */
export async function askOncePerPair<Subject>(
  { verify }: Pick<Kit, 'verify'>,
  { make, ask }: Omit<Kinds<Subject>, 'bounds'>,
  pairs = 3,
): Promise<AskedInPairs> {
  const firsts: Record<'a' | 'b', Exchange[]> = { a: [], b: [] }
  for (let pair = 0; pair < pairs; pair++) {
    const subjects = await make()
    for (const kind of ['a', 'b'] as const) {
      const exchange = await ask(subjects[kind])
      verify.answered(exchange)
      firsts[kind].push(exchange)
    }
  }
  return {
    firsts,
    isAcceptedOfSome: true,
    comparison: new Unproven('times were not compared', 'ask more often'),
  }
}

/** The same of the answer to whoever asks once more, and was accepted before: it may be a limit, and that is no guard. */
export async function askAgainPerPair<Subject>(
  { verify }: Pick<Kit, 'verify'>,
  { make, ask, again }: Omit<Kinds<Subject>, 'bounds'> & { again(subject: Subject): Promise<Exchange> },
  pairs = 3,
): Promise<AskedInPairs> {
  const seconds: Record<'a' | 'b', Exchange[]> = { a: [], b: [] }
  for (let pair = 0; pair < pairs; pair++) {
    const subjects = await make()
    // A limit that all share is not always met by those of one kind.
    for (const kind of pair % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const)) {
      const first = await ask(subjects[kind])
      // A guard (C1): whoever is refused at once, as for a riddle, is refused for that when he comes again.
      if (kind === 'a') verify.accepted(first)
      else verify.answered(first)
      const exchange = await again(subjects[kind])
      if (exchange.answer !== 'limited') verify.answered(exchange)
      seconds[kind].push(exchange)
    }
  }
  const comparison = new Unproven('times were not compared', 'ask more often')
  return { firsts: seconds, times: 2, comparison }
}

/**
 * The same where nobody may ask often about one: what is less than matters is told beside the verdict, and a limit is one for whoever
 * wants to know as well.
 */
export function timesAboutAlike(by: By, asked: AskedInPairs, names: Names): void {
  const { profile, verify } = by
  const { comparison } = asked
  const isHeldBack = comparison instanceof Throttled
  verify.applies(!isHeldBack, 'the target holds back whoever asks so often, and times cannot be compared')
  const isSmall =
    !(comparison instanceof Unproven) &&
    comparison.verdict === 'different' &&
    Math.abs(comparison.shift) < whatMatters(profile)
  if (!isSmall) {
    timesAlike(by, asked, names)
    return
  }
  verify.remark(`${differenceInWords(comparison, names)}: less than matters (policies.timing.difference)`)
  verify.that(true, {
    of: asked.firsts.b[0],
    expected: `the same time ${names.a} and ${names.b}`,
    actual: '',
  })
}

/** What a finding calls the kinds, as in "with an account" and "without one". */
export interface Names {
  readonly a: string
  readonly b: string
}

/** Answers about both kinds have the same status, fields and body, as far as these do not change by themselves. */
export function answersAlike(
  { saw, verify }: By,
  { firsts, comparison, isAcceptedOfSome, times = 1 }: AskedInPairs,
  names: Names,
): void {
  const [one, other] = [firsts.a[0], firsts.b[0]]
  if (one === undefined || other === undefined) throw comparison
  // What differs between answers about one kind (a nonce, a clock) tells nothing of the kind.
  const isSteady = (look: (exchange: Exchange) => string) =>
    [firsts.a, firsts.b].every((arm) => new Set(arm.map(look)).size === 1)
  const look = [shape, wording].find(isSteady) ?? outline
  const seen = new Set(firsts.a.map(look))
  const isAlike = firsts.b.some((exchange) => seen.has(look(exchange)))
  // A guard (C1): what is refused to everybody tells nothing of anybody.
  if (isAlike && isAcceptedOfSome && other.answer !== 'accepted') verify.accepted(one)
  saw.called(one)
  verify.that(isAlike, {
    of: other,
    volleys: [one, other].map((of) => ({ of, count: times })),
    expected: `the same answer ${names.a} and ${names.b}`,
    actual: `${look(one)} ${names.a}, ${look(other)} ${names.b}`,
  })
}

/**
 * Answers about both kinds take the same time: a difference that matters would have been seen (`policies.timing.difference`).
 * A smaller one that is sure is a finding, too: who tells two kinds apart by so few questions as we asked needs no more for
 * each address of a list. It is of low severity where the profile says that only more matters.
 */
export function timesAlike(
  { profile, saw, verify }: By,
  { firsts, comparison }: AskedInPairs,
  names: Names,
): void {
  const [other] = firsts.b
  if (comparison instanceof Unproven || other === undefined) throw comparison
  const { verdict, shift, samples } = comparison
  const matters = whatMatters(profile)
  const seen = `${differenceInWords(comparison, names)} (${samples.a.length} pairs)`
  verify.held(
    verdict !== 'undecided',
    `${seen}: that may be none, or more than the ${matters} ms that matter`,
    'run it on a quieter machine or nearer to the target, raise the limit of the calls in this environment so that more may be asked, or say with policies.timing.difference that only more matters',
  )
  saw.measured(
    `${names.a}: ${samples.a.map(rounded).join(' ')} ms\n${names.b}: ${samples.b.map(rounded).join(' ')} ms`,
  )
  const told = profile.policies.timing?.difference ?? 0
  verify.that(verdict !== 'different', {
    ...{ of: other, severity: Math.abs(shift) < told ? 'low' : undefined },
    expected: `the same time ${names.a} and ${names.b}`,
    actual: seen,
  })
}

function differenceInWords({ shift, interval: [low, high] }: Comparison, names: Names): string {
  const [slower, faster, least, most] =
    shift < 0 ? [names.a, names.b, -high, -low] : [names.b, names.a, low, high]
  return `answers took ${rounded(Math.abs(shift))} ms longer ${slower} than ${faster}, with 99% certainty ${rounded(least)} to ${rounded(most)} ms`
}

function rounded(milliseconds: number): string {
  return milliseconds.toFixed(1)
}
