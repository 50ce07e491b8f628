import type { Api } from '../api/api.ts'
import type { EvidenceMakers } from '../check/evidence.ts'
import type { Submission } from '../check/submission.ts'
import type { Verify } from '../check/verify.ts'
import type { Evidence, Exchange } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'

/** What came of one wrong guess. */
export interface Guess {
  /** The guesser was held back: refused for guessing too often, put off, or kept waiting. */
  readonly throttled: boolean
  readonly evidence: Evidence
  readonly reproduce: string
}

/** Guesses after which a throttle must have shown: a hundred an hour is too many (ASVS 5.0 6.3.1). */
export const enoughGuesses = 120
const atOnce = 10
/** An answer that takes this long, in milliseconds, holds the guesser back as well as a refusal. */
const tarpit = 5000

/** Guesses, ten at once, until one is held back or there were enough; all of them, in order. */
export async function guessUntilThrottled(guess: () => Promise<Guess>): Promise<Guess[]> {
  const seen: Guess[] = []
  while (seen.length < enoughGuesses && !seen.some(({ throttled }) => throttled))
    seen.push(...(await Promise.all(Array.from({ length: atOnce }, guess))))
  return seen
}

interface Guesser {
  readonly api: Pick<Api, 'curl'>
  readonly evidence: EvidenceMakers
  readonly submission: Submission
  readonly verify: Pick<Verify, 'answered'>
}

/** A guess by a call of the API; throws Unproven where the answer says nothing. */
export async function guessByHttp(
  { api, evidence, verify }: Guesser,
  call: () => Promise<Exchange>,
): Promise<Guess> {
  const exchange = await call()
  if (exchange.answer !== 'limited') verify.answered(exchange)
  return {
    throttled: exchange.answer === 'limited' || exchange.milliseconds > tarpit,
    evidence: evidence.exchange(exchange),
    reproduce: api.curl(exchange),
  }
}

/** A guess by SMTP AUTH (RFC 4954), as the user of the submission service, who was seen to reach it before. */
export async function guessBySmtp({ evidence, submission }: Guesser, secret: string): Promise<Guess> {
  const session = await submission.connectSecurely().catch(unlessHungUp)
  // It was reached before: who hangs up, or does not greet any more, holds back.
  if (session instanceof SmtpFailure)
    return { throttled: true, evidence: evidence.measurement(session.message), reproduce: '' }
  const reply = await session.auth('PLAIN', submission.user, secret)
  session.close()
  const [port] = submission.ports
  const auth = { mechanism: 'PLAIN', user: submission.user, secret: 'GUESS' }
  return {
    // 535 says that the guess was looked at, 4yz that it was put off.
    throttled: reply.code < 500,
    evidence: evidence.transcript(session),
    reproduce: port?.swaks({ tls: port.name, auth, quitAfter: 'AUTH' }) ?? '',
  }
}

function unlessHungUp(error: unknown): SmtpFailure {
  if (error instanceof SmtpFailure) return error
  throw error
}
