import type { CallbackHit, Delivery, Exchange, Session } from '../model.ts'
import { dig, type Spell } from '../probes/reproduce.ts'
import type { RecordedAnswer } from '../probes/resolver.ts'
import type { Received } from './basis.ts'
import type { EvidenceMakers } from './evidence.ts'
import type { Trail } from './trail.ts'

/** For what a check sees by other means than calls and mail: it is evidence of what the check says afterwards. */
export interface Saw {
  /** A call that was made before this variant began. */
  called(exchange: Exchange): void
  /** What came to the callback of the sandbox. */
  calledBack(hit: CallbackHit): void
  /** Figures, or what a browser or another program did. */
  measured(text: string): void
  /** A session that a probe held with the target, and the line for a shell that holds it again. */
  talked(session: Pick<Session, 'transcript' | 'tls'>, reproduce: string): void
  shookHands(handshake: {
    readonly endpoint: string
    readonly offered: string
    readonly answered: string
    readonly reproduce: string
  }): void
  /** What a name server answered. */
  asked(answer: RecordedAnswer): void
  /** What a receiver makes of a message: no evidence, but what a pass rests on. */
  received(delivery: Delivery, received: Received): void
}

export function createSaw(
  trail: Trail,
  evidence: EvidenceMakers,
  nameServer: { readonly host: string; readonly port: number } | null,
  spell?: Spell,
): Saw {
  return {
    called: (exchange) => trail.note({ exchange }),
    calledBack: (hit) => trail.note({ evidence: evidence.callback(hit) }),
    measured: (text) => trail.note({ evidence: evidence.measurement(text) }),
    talked: (session, reproduce) => trail.note({ evidence: evidence.transcript(session), reproduce }),
    shookHands: ({ endpoint, offered, answered, reproduce }) =>
      trail.note({ evidence: evidence.handshake(endpoint, offered, answered), reproduce }),
    asked: ({ name, type, records, error }) =>
      trail.note({
        evidence: evidence.dns(name, type, records?.join('\n') ?? `no record: ${error}`),
        reproduce: dig(name, type, nameServer ?? undefined, spell),
      }),
    received: (delivery, received) => trail.basis.received(trail.scope.variant, delivery, received),
  }
}
