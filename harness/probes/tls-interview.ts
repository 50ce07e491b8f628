import type { ServerHello, TlsAnswer } from './tls-answer.ts'
import type { TlsOffer } from './tls-hello.ts'
import { groupOf } from './tls-suites.ts'

/** What a server was offered and answered. */
export interface Handshake {
  readonly offer: TlsOffer
  readonly answer: TlsAnswer
  /** Whether the answer is one to the offer: a connection that is closed may be a limit, and silence an accident. */
  readonly conclusive: boolean
}

/** Offers one thing after the other, each on a connection of its own. */
export interface Interview {
  ask(offer: TlsOffer): Promise<Handshake>
}

/**
 * Believes a server that hangs up only where it speaks TLS otherwise: what it took before is offered again at once. A server
 * that does not take that any more is left alone.
 */
export function createInterview(make: (offer: TlsOffer) => Promise<TlsAnswer>): Interview {
  const unsure: { offer: TlsOffer; answer: TlsAnswer; conclusive: boolean }[] = []
  let known: TlsOffer | null = null
  let over: TlsAnswer | null = null

  const hungUp = async (offer: TlsOffer, answer: TlsAnswer): Promise<Handshake> => {
    if (known === null) {
      const handshake = { offer, answer, conclusive: false }
      unsure.push(handshake)
      if (answer.kind === 'unreachable' || answer.kind === 'no-starttls') over = answer
      return handshake
    }
    if ((await make(known)).kind !== 'server-hello') over = answer
    if (over !== null || !isSilent(answer)) return { offer, answer, conclusive: over === null }
    const again = await make(offer)
    return { offer, answer: again, conclusive: !isSilent(again) && fits(offer, again) }
  }
  return {
    async ask(offer) {
      if (over !== null) return { offer, answer: over, conclusive: false }
      const answer = await make(offer)
      if (!isOfOffer(answer)) return hungUp(offer, answer)
      if (answer.kind === 'server-hello' && known === null) {
        known = offer
        for (const handshake of unsure) handshake.conclusive = !isSilent(handshake.answer)
      }
      return { offer, answer, conclusive: fits(offer, answer) }
    },
  }
}

export function helloOf({ answer }: Handshake): ServerHello | null {
  return answer.kind === 'server-hello' ? answer : null
}

/** Alerts that end a connection for a reason of the server's own. */
const endings = ['close_notify', 'internal_error', 'access_denied', 'user_canceled']

function isOfOffer(answer: TlsAnswer): boolean {
  return answer.kind === 'server-hello' || (answer.kind === 'alert' && !endings.includes(answer.description))
}

function isSilent({ kind }: TlsAnswer): boolean {
  return kind === 'timeout' || kind === 'unreachable' || kind === 'no-starttls'
}

/** A suite that nobody offered says nothing. */
function fits({ suites }: TlsOffer, answer: TlsAnswer): boolean {
  if (answer.kind !== 'server-hello') return true
  const group = groupOf(answer.cipher)
  return group !== null && suites.includes(group)
}
