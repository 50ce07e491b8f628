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

/**
 * Guesses, ten at once however the run is paced, until one was held back or there were enough: how many were looked at, and
 * whether one was held back.
 */
export async function guessUntilThrottled(
  { together }: Pick<Reach, 'together'>,
  guess: () => Promise<boolean>,
): Promise<{ readonly guesses: number; readonly heldBack: boolean }> {
  const seen: boolean[] = []
  while (seen.length < enoughGuesses && !seen.includes(true))
    seen.push(...(await together(atOnce, () => Promise.all(Array.from({ length: atOnce }, guess)))))
  return { guesses: seen.length, heldBack: seen.includes(true) }
}

export interface WayToGuess {
  readonly name: string
  /** Makes one guess; whether it was held back. Throws Unproven where the answer says nothing. */
  guess(): Promise<boolean>
  /** Some lock the account instead, and go on answering as before. */
  locked?(): Promise<boolean>
}

/** By each channel: passwords of one user and of many, and keys that nobody has. */
export function waysToGuess(kit: Kit, { email, password }: Account): WayToGuess[] {
  const { api, mailbox, submission } = kit
  const { signIn, stranger } = createAccounts(kit)
  const wrongKey = () => `${submission.secret.slice(0, 8)}${mailbox.canary()}`
  const showKey = () => api.call('principal.get', {}, { bearer: wrongKey() }, { unlimited: true })
  return [
    {
      name: 'passwords of one user',
      guess: () => throttledByHttp(kit, signIn(email, `Wrong-${mailbox.canary()}`)),
      locked: async () => (await signIn(email, password)).answer !== 'accepted',
    },
    {
      name: 'one password with many users',
      guess: () => throttledByHttp(kit, signIn(stranger(), 'Summer2026!')),
    },
    { name: 'API keys', guess: () => throttledByHttp(kit, showKey()) },
    { name: 'keys by SMTP AUTH', guess: () => throttledBySmtp(kit, wrongKey()) },
  ]
}

/** Whether a guess by a call of the API was held back; throws Unproven where the answer says nothing. */
export async function throttledByHttp(
  { verify }: Pick<Kit, 'verify'>,
  call: Promise<Exchange>,
): Promise<boolean> {
  const exchange = await call
  if (exchange.answer !== 'limited') verify.answered(exchange)
  return exchange.answer === 'limited' || exchange.milliseconds > tarpit
}

/** The same by SMTP AUTH (RFC 4954): 535 says that the guess was looked at, 4yz that it was put off. */
export async function throttledBySmtp(
  { post, saw }: Pick<Kit, 'post' | 'saw'>,
  secret: string,
): Promise<boolean> {
  try {
    const { answer } = await post.authenticate(secret)
    return answer !== 'refused' && answer !== 'accepted'
  } catch (error) {
    // It was reached before: who hangs up, or does not greet any more, holds back.
    if (!(error instanceof SmtpFailure)) throw error
    saw.measured(error.message)
    return true
  }
}
