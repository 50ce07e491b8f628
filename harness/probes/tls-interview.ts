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
 * A server that hangs up or stays silent may mean the offer or a limit: it is offered what it took before, and then the same
 * again. One that does not take that any more is left alone.
 */
export function createInterview(make: (offer: TlsOffer) => Promise<TlsAnswer>): Interview {
  const unsure: { offer: TlsOffer; answer: TlsAnswer; conclusive: boolean }[] = []
  let known: TlsOffer | null = null
  let over: TlsAnswer | null = null

  const again = async (offer: TlsOffer): Promise<Omit<Handshake, 'offer'>> => {
    const answer = await make(offer)
    return { answer, conclusive: !isSilent(answer) && fits(offer, answer) }
  }
  const unlike = async (offer: TlsOffer, answer: TlsAnswer): Promise<Handshake> => {
    const handshake = { offer, answer, conclusive: false }
    if (known === null) {
      unsure.push(handshake)
      if (answer.kind === 'unreachable' || answer.kind === 'no-starttls') over = answer
      return handshake
    }
    if ((await make(known)).kind === 'server-hello') return { offer, ...(await again(offer)) }
    over = answer
    return handshake
  }
  return {
    async ask(offer) {
      if (over !== null) return { offer, answer: over, conclusive: false }
      const answer = await make(offer)
      if (!isOfOffer(answer)) return unlike(offer, answer)
      if (answer.kind === 'server-hello' && known === null) {
        known = offer
        for (const handshake of unsure) Object.assign(handshake, await again(handshake.offer))
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
