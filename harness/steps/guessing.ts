import type { Reach } from '../api/reach.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import { type Account, createAccounts } from './accounts.ts'

/** Guesses after which a throttle must have shown: a hundred an hour is too many (ASVS 5.0 6.3.1). */
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
): Promise<{ readonly guesses: number; readonly heldBack: boolean }> {
  for (let guesses = 0; guesses < enoughGuesses; ) {
    const seen = await together(atOnce, () => Promise.all(Array.from({ length: atOnce }, guess)))
    guesses += atOnce
    if (seen.includes('held back') || (seen.includes('late') && (await isTarpit())))
      return { guesses, heldBack: true }
  }
  return { guesses: enoughGuesses, heldBack: false }
}

export interface WayToGuess {
  readonly name: string
  /** Makes one guess. Throws Unproven where the answer says nothing. */
  guess(): Promise<Guessed>
  /** Whether one guess by itself is answered late as well, where other calls are not. */
  isTarpit(): Promise<boolean>
  /** Some lock the account instead, and go on answering as before. */
  locked?(): Promise<boolean>
}

/** By each channel: passwords of one user and of many, and keys that nobody has. */
export function waysToGuess(kit: Kit, { email, password }: Account): WayToGuess[] {
  const { api, mailbox, submission } = kit
  const { signIn, stranger } = createAccounts(kit)
  const wrongKey = () => `${submission.secret.slice(0, 8)}${mailbox.canary()}`
  const byHttp = (name: string, call: () => Promise<Exchange>): WayToGuess => {
    const guess = async () => guessedByHttp(kit, await call())
    return { name, guess, isTarpit: async () => (await guess()) !== 'looked at' && isQuick(kit) }
  }
  return [
    {
      ...byHttp('passwords of one user', () => signIn(email, `Wrong-${mailbox.canary()}`)),
      locked: async () => (await signIn(email, password)).answer !== 'accepted',
    },
    byHttp('one password with many users', () => signIn(stranger(), 'Summer2026!')),
    byHttp('API keys', () => api.call('principal.get', {}, { bearer: wrongKey() }, { unlimited: true })),
    {
      name: 'keys by SMTP AUTH',
      guess: () => guessedBySmtp(kit, wrongKey()),
      isTarpit: async () => false,
    },
  ]
}

/** A guard: a call that guesses nothing is answered in time, so that a late answer is not that of a machine with much to do. */
async function isQuick({ api, verify }: Pick<Kit, 'api' | 'verify'>): Promise<true> {
  const { milliseconds } = await api.call('principal.get', {}, undefined, { unlimited: true })
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
