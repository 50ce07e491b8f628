import type { Personality, Session, TlsFacts, TranscriptLine } from '../model.ts'
import { monotonic } from './clock.ts'

/** Writes one session down while it happens. */
export interface SessionRecorder {
  /** What is known so far; a live view. */
  readonly session: Session
  /** Every RCPT of the session, accepted or not, in lower case. */
  readonly recipients: ReadonlySet<string>
  /** When the last line was noted, by the monotonic clock. */
  readonly spokenAt: number
  line(from: TranscriptLine['from'], bytes: Buffer | string, encrypted: boolean): void
  recipient(address: string): void
  helo(name: string): void
  /** The client named its host (SNI), whether or not the handshake succeeds. */
  serverName(name: string): void
  tls(facts: TlsFacts): void
  tlsFailed(reason: string): void
  end(): void
}

/** Some send all that they have in one session. Of a line, and of all lines together: characters. */
const maximumLines = 50_000
const maximumText = 4096
const maximumTexts = 8 * 1024 * 1024

export function createSessionRecorder(
  id: string,
  personality: Personality,
  host: string | null,
  peer: string,
  told: {
    ended(recorder: SessionRecorder): void
    problem(text: string): void
    /** A RCPT, in lower case. */
    named(recorder: SessionRecorder, recipient: string): void
  },
): SessionRecorder {
  const transcript: TranscriptLine[] = []
  let characters = 0
  let isFull = false
  const recipients = new Set<string>()
  const began = performance.now()
  let spokenAt = monotonic()
  const session: { -readonly [Key in keyof Session]: Session[Key] } = {
    id,
    personality,
    host,
    peer,
    helo: null,
    tls: null,
    tlsFailure: null,
    transcript,
    startedAt: Date.now(),
    endedAt: null,
  }
  const recorder: SessionRecorder = {
    session,
    recipients,
    get spokenAt() {
      return spokenAt
    },
    line(from, bytes, encrypted) {
      if (isFull) return
      const text = (typeof bytes === 'string' ? bytes : bytes.toString('latin1')).slice(0, maximumText)
      spokenAt = monotonic()
      transcript.push({ from, text, encrypted, at: Date.now() })
      characters += text.length
      isFull = transcript.length >= maximumLines || characters >= maximumTexts
      if (isFull) told.problem('An SMTP session was so long that what is said in it later is not kept.')
    },
    recipient(address) {
      const recipient = address.toLowerCase()
      recipients.add(recipient)
      told.named(recorder, recipient)
    },
    helo: (name) => {
      session.helo = name
    },
    serverName: (name) => {
      session.host ??= name.toLowerCase()
    },
    tls(facts) {
      session.tls = facts
    },
    tlsFailed: (reason) => {
      session.tlsFailure ??= reason
    },
    end() {
      if (session.endedAt !== null) return
      // How long it took tells who left for want of time: a clock that is set meanwhile says another thing.
      session.endedAt = session.startedAt + Math.round(performance.now() - began)
      told.ended(recorder)
    },
  }
  return recorder
}
