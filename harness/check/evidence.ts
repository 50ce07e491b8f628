import type { CallbackHit, Delivery, Evidence, Exchange, Session } from '../model.ts'
import { longestSecret, redactedStart } from '../profile/redact.ts'
import { type Discretion, openly } from './discretion.ts'

/** Characters of one piece of evidence; what is longer is cut and says so. */
const bound = 4000

/** Of a message, before the text that an excerpt is about: more than the excerpt shows, and a secret. */
const farBefore = bound + 2 * longestSecret

/** Replaces every known secret by the name of the variable that stands for it. */
export type Redact = (text: string) => string

/** Makes evidence: redacted, bounded, with every control character visible, and values of others shortened. */
export function evidenceMakers(redact: Redact, discretion: Discretion = openly) {
  const shown = (text: string) => {
    const { start, unseen } = redactedStart(text, bound, redact)
    return cut(visible(start), unseen)
  }
  const answer = (head: string, body: string, exchange: Exchange) => {
    const { start, unseen } = redactedStart(`${head}\n\n${body}`, bound, redact)
    const at = start.indexOf('\n\n') + 2
    // What the body tells of others is known then, where a field tells it as well.
    const said = at < 2 ? '' : discretion.body(start.slice(at), exchange)
    const fields = at < 2 ? start : start.slice(0, at)
    return cut(visible(`${discretion.sentence(fields)}${said}`), unseen)
  }
  return {
    exchange(exchange: Exchange): Evidence {
      const { request, response } = exchange
      const body = request.body === null ? '' : `\n\n${text(request.body)}`
      return {
        kind: 'exchange',
        request: withoutLiveToken(
          shown(`${request.method} ${request.origin}${request.path}${lines(request.headers)}${body}`),
          exchange,
        ),
        response:
          response === null
            ? shown(`no response: ${exchange.failure ?? 'unknown'}`)
            : answer(`${response.status}${lines(response.headers)}`, response.body, exchange),
        at: exchange.startedAt,
      }
    },
    /** `around` is a text whose surroundings are shown; without it the excerpt is the message's beginning. */
    delivery(delivery: Delivery, around?: string): Evidence {
      const whole = Buffer.from(delivery.raw).toString('utf8')
      const near = around === undefined ? -1 : whole.indexOf(around)
      const begin = Math.max(0, near - farBefore)
      // Before anything is cut off: half a secret is none that is known.
      const { start: raw, unseen } = redactedStart(whole.slice(begin), farBefore + bound, redact)
      const found = around === undefined ? -1 : raw.indexOf(redact(around))
      const from = excerptFrom(found, begin)
      return {
        kind: 'delivery',
        envelope: { from: redact(delivery.envelope.from), to: delivery.envelope.to.map(redact) },
        personality: delivery.personality,
        tls: delivery.tls,
        excerpt: `${begin + from > 0 ? '…' : ''}${cut(onTheWire(raw.slice(from)), unseen)}`,
        at: delivery.receivedAt,
      }
    },
    session(session: Session): Evidence {
      const text = spoken(session.transcript)
      return {
        kind: 'session',
        personality: session.personality,
        tls: session.tls,
        transcript: shown(session.tlsFailure === null ? text : `${text}\nTLS failed: ${session.tlsFailure}`),
        at: session.startedAt,
      }
    },
    /** A session that a probe held with the target's submission service. */
    transcript({ transcript, tls }: Pick<Session, 'transcript' | 'tls'>): Evidence {
      const [first] = transcript
      return {
        kind: 'session',
        personality: null,
        tls,
        transcript: shown(spoken(transcript)),
        at: first?.at ?? Date.now(),
      }
    },
    handshake(endpoint: string, offered: string, answered: string): Evidence {
      return {
        kind: 'handshake',
        endpoint,
        offered: shown(offered),
        answered: shown(answered),
        at: Date.now(),
      }
    },
    dns(name: string, type: string, answer: string): Evidence {
      return { kind: 'dns', name, type, answer: shown(answer), at: Date.now() }
    },
    callback({ method, path, headers, body, at }: CallbackHit): Evidence {
      return { kind: 'callback', request: shown(`${method} ${path}${lines(headers)}\n\n${body}`), at }
    },
    measurement(text: string): Evidence {
      return { kind: 'measurement', text: shown(text), at: Date.now() }
    },
    text: shown,
    /** What a finding says: what its evidence shortens is shortened there too. */
    claim: (text: string) => shown(discretion.sentence(text)),
  }
}

/** A token without a signature is a credential where it was believed: what it claims is cut. */
function withoutLiveToken(text: string, { answer }: Exchange): string {
  return answer === 'accepted' ? text.replace(unsigned, '$1…$2') : text
}

const unsigned = /\b(eyJ[\w-]+\.eyJ[\w-]{0,9})[\w-]*(\.?)(?![\w$.-])/g

export type EvidenceMakers = ReturnType<typeof evidenceMakers>

function spoken(transcript: Session['transcript']): string {
  return transcript
    .map(
      ({ encrypted, from, text }) =>
        `${encrypted ? 'tls  ' : 'clear'} ${from === 'client' ? '>' : '<'} ${text}`,
    )
    .join('\n')
}

/** Control characters other than line feed as `\xNN`, so that nothing of the target's steers a terminal. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, escaped)
}

/** Message bytes for reading: CR LF ends a line, a bare CR or LF is shown as what it is. */
function onTheWire(raw: string): string {
  return raw
    .split('\r\n')
    .map((line) => line.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, escaped))
    .join('\n')
}

function escaped(character: string): string {
  if (character === '\r') return '\\r'
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Where an excerpt begins in a text whose first `start` units nobody has looked at: there may be half a secret. */
function excerptFrom(found: number, start: number): number {
  const whole = start === 0 ? 0 : longestSecret
  return found < 0 ? whole : Math.max(Math.min(found, whole), found - bound / 2)
}

/** `unseen`: how much more there was. */
function cut(text: string, unseen: number): string {
  const kept = text.slice(0, bound)
  const more = text.length - kept.length + unseen
  return more === 0 ? text : `${kept}\n… cut: ${more} more characters`
}

function text(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
}

function lines(headers: readonly (readonly [string, string])[]): string {
  return headers.map(([name, value]) => `\n${name}: ${value}`).join('')
}
