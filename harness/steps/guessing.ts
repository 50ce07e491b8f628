import type { Reach } from '../api/reach.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import type { Policies } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { createAccounts } from './accounts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { doorOf, keyBearers, madeUpLike } from './doors.ts'

/** Guesses after which a throttle must have shown, where the profile demands no other: a hundred an hour is too many (ASVS 5.0 6.3.1). */
const enoughGuesses = 120
const atOnce = 10
/** An answer that takes this long, in milliseconds, holds the guesser back as well as a refusal. */
const tarpit = 5000

/** What became of a guess: an answer that comes late may be a tarpit's, or that of a machine with much to do. */
export type Guessed = 'looked at' | 'held back' | 'late'

/**
 * Guesses, ten at once however the run is paced, until one was held back or there were enough: how many were looked at, and
 * whether one was held back.
 */
export async function guessUntilThrottled(
  { together }: Pick<Reach, 'together'>,
  { guess, isTarpit }: Pick<WayToGuess, 'guess' | 'isTarpit'>,
  { limits }: Policies,
): Promise<{ readonly guesses: number; readonly heldBack: boolean }> {
  const enough = limits?.signIn?.demand ?? enoughGuesses
  let guesses = 0
  while (guesses < enough) {
    const seen = await together(atOnce, () => Promise.all(Array.from({ length: atOnce }, guess)))
    guesses += atOnce
    if (seen.includes('held back') || (seen.includes('late') && (await isTarpit())))
      return { guesses, heldBack: true }
  }
  return { guesses, heldBack: false }
}

export interface WayToGuess {
  readonly name: string
  /** A guard: who guesses nothing is let in. All are asked before the first guess, since a throttle lets nobody in. */
  readonly ready: Promise<unknown>
  /** Makes one guess. Throws Unproven where the answer says nothing. */
  guess(): Promise<Guessed>
  /** Whether one guess by itself is answered late as well, where other calls are not. */
  isTarpit(): Promise<boolean>
  /** Some lock the account instead, and go on answering as before. */
  locked?(): Promise<boolean>
}

/** By each channel that the profile declares: passwords of one user and of many, and keys that nobody has. */
export async function waysToGuess(kit: Kit): Promise<WayToGuess[]> {
  const ways = [...waysByPassword(kit), ...waysByKey(kit), ...waysBySubmission(kit)]
  await Promise.allSettled(ways.map(({ ready }) => ready))
  return ways
}

function waysByPassword(kit: Kit): WayToGuess[] {
  const { api, mailbox, profile } = kit
  if (!api.has('session.create', 'email') || !api.has('session.create', 'password')) return []
  const { create, signIn, stranger } = createAccounts(kit)
  const ofMany = byHttp(kit, 'one password with many users', () => signIn(stranger(), 'Summer2026!'))
  // Nobody's own account is worn out: whom the profile signs in shows no more than that it can be done.
  const [known] =
    Object.entries(profile.principals).find(
      ([, { session }]) =>
        session !== undefined && (session.operation ?? 'session.create') === 'session.create',
    ) ?? []
  if (!api.has('user.create', 'email') || !api.has('user.create', 'password'))
    return known === undefined ? [] : [{ ...ofMany, ready: api.credential(known) }]
  const made = create('guessed')
  const ofOne = async () => signIn((await made).email, `Wrong-${mailbox.canary()}`)
  return [
    {
      ...byHttp(kit, 'passwords of one user', ofOne),
      ready: made,
      async locked() {
        const { email, password } = await made
        return (await signIn(email, password)).answer !== 'accepted'
      },
    },
    { ...ofMany, ready: known === undefined ? made : made.catch(() => api.credential(known)) },
  ]
}

function waysByKey(kit: Kit): WayToGuess[] {
  const { profile } = kit
  // Who signs shows no secret.
  const bearers = keyBearers(profile).filter((name) => profile.principals[name]?.sigv4 === undefined)
  if (bearers.length === 0 || plainReads(kit).length === 0) return []
  const ready = doorOfKeys(kit, bearers)
  return [{ ...byHttp(kit, 'API keys', async () => (await ready).guess()), ready }]
}

function waysBySubmission(kit: Kit): WayToGuess[] {
  const { mailbox, post, submission, verify } = kit
  if (submission.ports.length === 0) return []
  return [
    {
      name: 'keys by SMTP AUTH',
      ready: post.authenticate().then(verify.accepted),
      guess: () => guessedBySmtp(kit, madeUpLike(submission.secret, mailbox.canary())),
      isTarpit: async () => false,
    },
  ]
}

function byHttp(kit: Kit, name: string, call: () => Promise<Exchange>): Omit<WayToGuess, 'ready'> {
  const guess = async () => guessedByHttp(kit, await call())
  return { name, guess, isTarpit: async () => (await guess()) !== 'looked at' && isQuick(kit) }
}

/** Where keys are shown as the target wants them, and one that nobody has is seen to be refused. Unproven where nobody's opens a read. */
async function doorOfKeys(kit: Kit, bearers: readonly string[]): Promise<{ guess(): Promise<Exchange> }> {
  const { api, mailbox } = kit
  let shut: unknown
  for (const principal of bearers) {
    try {
      const credential = await api.credential(principal)
      const madeUp = () => madeUpLike(credential.token, mailbox.canary())
      const door = await doorOf(kit, principal, credential, madeUp(), principal)
      return { guess: async () => (await door.show(madeUp(), { unlimited: true })).exchange }
    } catch (error) {
      if (!(error instanceof Unproven)) throw error
      shut ??= error
    }
  }
  throw shut
}

/** A guard: a call that guesses nothing is answered in time, so that a late answer is not that of a machine with much to do. */
async function isQuick(kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Promise<true> {
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

/** Throws Unproven where the answer says nothing. */
export function guessedByHttp({ verify }: Pick<Kit, 'verify'>, exchange: Exchange): Guessed {
  if (exchange.answer === 'limited') return 'held back'
  verify.answered(exchange)
  return exchange.milliseconds > tarpit ? 'late' : 'looked at'
}

/** The same by SMTP AUTH (RFC 4954): 535 says that the guess was looked at, 4yz that it was put off. */
export async function guessedBySmtp(
  { post, saw }: Pick<Kit, 'post' | 'saw'>,
  secret: string,
): Promise<Guessed> {
  try {
    const { answer } = await post.authenticate(secret)
    return answer === 'refused' || answer === 'accepted' ? 'looked at' : 'held back'
  } catch (error) {
    // It was reached before: who hangs up, or does not greet any more, holds back.
    if (!(error instanceof SmtpFailure)) throw error
    saw.measured(error.message)
    return 'held back'
  }
}
