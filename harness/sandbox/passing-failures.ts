import { canonicalName, domainOf } from './names.ts'
import { createWaiting } from './waiting.ts'

/** Where in a session an exchanger may fail. */
export const stages = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'end of data'] as const
export type Stage = (typeof stages)[number]

/** What passes, as its client can know (RFC 5321 §4.2.1): a reply, or the connection is dropped without any. */
export const passingReplies = ['421', '450', '451', '452', 'drop'] as const
export type PassingReply = (typeof passingReplies)[number]

/** A failure that a session meets once, and the next one does not. */
export interface PassingFailure {
  readonly stage: Stage
  readonly reply: PassingReply
}

export const replyTexts: Readonly<Record<Exclude<PassingReply, 'drop'>, string>> = {
  '421': '421 4.3.2 Closing the connection, try again later',
  '450': '450 4.2.0 Busy, try again later',
  '451': '451 4.3.0 Try again later',
  '452': '452 4.3.1 No room now, try again later',
}

/** Whom a session is about, as far as it is known. */
export interface About {
  /** The name of the exchanger that was meant. */
  readonly host: string | null
  readonly recipients: readonly string[]
}

export interface PassingFailures {
  /** The mail for this address, in any case of its letters, meets the failure once. Before RCPT the exchanger's name tells. */
  failOnce(recipient: string, failure: PassingFailure): void
  /** What a session about these meets there now; it is over with that. */
  take(stage: Stage, about: About): PassingReply | null
  /** Resolves once what was asked for this address was met; throws `NotSeen` after `within` ms. */
  met(recipient: string, options: { readonly within: number }): Promise<void>
  close(): void
}

export function createPassingFailures(): PassingFailures {
  const open = new Map<string, PassingFailure>()
  const met = new Set<string>()
  const meetings = createWaiting<string>()
  return {
    failOnce(recipient, failure) {
      open.set(recipient.toLowerCase(), failure)
      met.delete(recipient.toLowerCase())
    },
    take(stage, { host, recipients }) {
      const named = recipients.map((recipient) => recipient.toLowerCase())
      for (const [recipient, failure] of open) {
        const isMeant = namedFrom(stage) ? named.includes(recipient) : host === exchangerOf(recipient)
        if (failure.stage !== stage || !isMeant) continue
        open.delete(recipient)
        met.add(recipient)
        meetings.came(recipient)
        return failure.reply
      }
      return null
    },
    async met(recipient, { within }) {
      const key = recipient.toLowerCase()
      await meetings.wait({
        ...{ present: met.has(key) ? [key] : [], matches: (one: string) => one === key, count: 1, within },
        what: `failures for ${recipient}`,
      })
    },
    close: () => meetings.close(),
  }
}

/** From there on a session has said for whom it is. */
function namedFrom(stage: Stage): boolean {
  return stages.indexOf(stage) >= stages.indexOf('RCPT')
}

function exchangerOf(recipient: string): string {
  return `mx.${canonicalName(domainOf(recipient))}`
}
