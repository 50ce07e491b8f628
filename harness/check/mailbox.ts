import { randomBytes } from 'node:crypto'
import type { Delivery, Exchange, Personality, Session } from '../model.ts'
import { NotSeen, unlessSeen, type Wire } from '../sandbox/client.ts'
import { Unproven } from '../verdicts.ts'
import type { Letter } from './letters.ts'

/** Addresses whose mail ends in the sandbox, and the mail that came. */
export interface Mailbox {
  /** The domain of those that the sound exchanger takes. */
  domain(): string
  /** An address that nobody had before: `<label>-<128 random bits>@…`. */
  address(label?: string, personality?: Personality): string
  /** The words of a benign message; repeats with `--seed`. */
  letter(): Letter
  /** 128 random bits in hex, to know one probe's traces from another's (C3). */
  canary(): string
  /** The message for `to` that `exchange` sent, from the wire; Unproven if it does not arrive in the promised time. */
  delivery(to: string, exchange: Exchange): Promise<Delivery>
  /** As `delivery`; `null` where the target refused the message instead. */
  deliveryUnlessRefused(to: string, exchange: Exchange): Promise<Delivery | null>
  /**
   * What came to `to`, or `null`: an accepted message gets the promised time, since a later one may overtake it;
   * after any other answer `fence` says when it would have come.
   */
  arrived(to: string, exchange: Exchange, fence: () => Promise<void>): Promise<Delivery | null>
  /**
   * The sessions by which the target tried to hand over what `exchange` sent to `domain`: a first try and, where it
   * comes within the promised time, the next, since some fall back only then. Unproven where there is none.
   */
  attempts(domain: string, exchange: Exchange): Promise<Session[]>
}

/** Throws Unproven where the target did not take what it was given. */
export function accepted(exchange: Exchange): Exchange {
  if (exchange.answer === 'accepted') return exchange
  throw new Unproven(
    `${exchange.operation} was answered ${exchange.response?.status ?? exchange.failure}`,
    'a legitimate message must be accepted before anything can be said: check the profile and the target’s log',
  )
}

export function createMailbox(wire: Wire, within: number, letter: () => Letter): Mailbox {
  const canary = () => randomBytes(16).toString('hex')
  const mailbox: Mailbox = {
    domain: () => wire.domain('sound', 'inbox'),
    canary,
    letter,
    address: (label = 'probe', personality = 'sound') =>
      `${label}-${canary()}@${wire.domain(personality, 'inbox')}`,
    async delivery(to, exchange) {
      accepted(exchange)
      const [delivery] = await arrival(to)
      if (delivery === undefined) throw new Error('arrival without a delivery')
      return delivery
    },
    async deliveryUnlessRefused(to, exchange) {
      const refused = exchange.answer === 'refused' || exchange.answer === 'invalid'
      return refused ? null : mailbox.delivery(to, exchange)
    },
    async arrived(to, exchange, fence) {
      if (exchange.answer === 'accepted')
        await wire.arrival({ to }, { within: within * 1000 }).catch(unlessSeen)
      await fence()
      const [delivery = null] = await wire.deliveries({ to })
      return delivery
    },
    async attempts(domain, exchange) {
      accepted(exchange)
      // What was handed over is not tried again.
      await Promise.race([
        wire.session({ domain }, { within: within * 1000, count: 2 }).catch(unlessSeen),
        wire.arrival({ domain }, { within: within * 1000 }).catch(unlessSeen),
      ])
      const sessions = await wire.sessions({ domain })
      if (sessions.length > 0) return sessions
      throw new Unproven(
        `the target did not connect to the exchanger of ${domain} within ${within} s`,
        'see whether it looks up MX records in the sandbox’s DNS, and mail.delivery.within in the profile',
      )
    },
  }
  const arrival = async (to: string) => {
    try {
      return await wire.arrival({ to }, { within: within * 1000 })
    } catch (error) {
      if (!(error instanceof NotSeen)) throw error
      throw new Unproven(
        `an accepted message did not arrive within ${within} s`,
        'see whether the target delivers to the sandbox, and mail.delivery.within in the profile',
      )
    }
  }
  return mailbox
}
