import type { Delivery, Personality, Session, TranscriptLine } from '../model.ts'
import { inBase64 } from '../spellings.ts'
import { monotonic } from './clock.ts'
import { createKeyIndex, domainAndParents } from './index-by-key.ts'
import { canonicalName, domainOf, isUnder } from './names.ts'
import { createPassingFailures, type PassingFailures } from './passing-failures.ts'
import { createSessionRecorder, type SessionRecorder } from './session-recorder.ts'
import { createWaiting } from './waiting.ts'

export interface DeliveryFilter {
  /** An envelope recipient, compared without regard to case. */
  readonly to?: string
  /** The domain of an envelope recipient, or a parent of it. */
  readonly domain?: string
  /** UTF-8 text that the raw bytes hold, as it is, broken over lines, or in base64. */
  readonly containing?: string
  /** The envelope sender, compared without regard to case. */
  readonly from?: string
  /** By the monotonic clock: of a text that nobody had before, what came earlier need not be searched. */
  readonly since?: number
}

export interface SessionFilter {
  /** The name the target meant to connect to. */
  readonly host?: string
  /** The host, or the domain of any RCPT (accepted or not), is this or below it. */
  readonly domain?: string
  /** Any RCPT, accepted or not, compared without regard to case. */
  readonly recipient?: string
  /**
   * A text in a line of the client's, compared without regard to the case of ASCII letters. Of a session that carries many messages
   * only the transactions are given in which it stands.
   */
  readonly saying?: string
  /** The client began TLS, and left when it saw the certificate: some say so by an alert, others say nothing more. */
  readonly leftAtTls?: true
  /** By the monotonic clock: of a text that nobody had before, sessions in which nothing was said since need not be searched. */
  readonly since?: number
}

export interface WaitOptions {
  /** Milliseconds. */
  readonly within: number
  readonly count?: number
}

export interface WireLimits {
  /** Bytes of all deliveries together; what comes later is refused with 452. */
  readonly totalBytes: number
  /** Of those of 64 KiB and more, of which workers hold copies while they judge; those of a mebibyte and more count thrice. */
  readonly largeBytes: number
  readonly sessions: number
}

/** What the recording exchangers saw, kept for the run. */
export interface WireStore {
  deliveries(filter: DeliveryFilter): Delivery[]
  /** Resolves as soon as `count` (default 1) match; throws `NotSeen` after `within` ms. */
  arrival(filter: DeliveryFilter, options: WaitOptions): Promise<Delivery[]>
  sessions(filter: SessionFilter): Session[]
  /** Resolves as soon as `count` (default 1) match and have ended; throws `NotSeen` after `within` ms. */
  session(filter: SessionFilter, options: WaitOptions): Promise<Session[]>
  /** What sessions meet that passes. */
  readonly failures: PassingFailures
  begin(personality: Personality, host: string | null, peer: string): SessionRecorder
  /** `null`, and a problem, where there is no room left. */
  record(delivery: Omit<Delivery, 'id'>): Delivery | null
  /** Told of each delivery that is kept. */
  watch(seen: (delivery: Delivery) => void): void
  /** What could not be kept: with any of these, an absence proves nothing. */
  readonly problems: readonly string[]
  problem(text: string): void
  close(): void
}

/** A run of many small messages has room for thousands of them, and none gets beyond what a CI machine has. */
const defaults: WireLimits = {
  totalBytes: 128 * 1024 * 1024,
  largeBytes: 32 * 1024 * 1024,
  sessions: 20_000,
}
const large = 64 * 1024
/** From here on whoever reads a message, and several checks do at once, needs many times its size. */
const huge = 1024 * 1024
const maximumProblems = 100

export function createWire(limits: WireLimits = defaults): WireStore {
  const all: { readonly delivery: Delivery; readonly at: number }[] = []
  const byRecipient = createKeyIndex<Delivery>()
  const byDomain = createKeyIndex<Delivery>()
  const recorders = new Map<string, SessionRecorder>()
  const recordersByRecipient = createKeyIndex<SessionRecorder>()
  const arrivals = createWaiting<Delivery>()
  const endings = createWaiting<SessionRecorder>()
  const failures = createPassingFailures()
  const problems: string[] = []
  const watchers: ((delivery: Delivery) => void)[] = []
  const bytes = { all: 0, large: 0, counted: 0 }
  let begun = 0

  const candidates = (filter: DeliveryFilter): Iterable<Delivery> => {
    if (filter.to !== undefined) return byRecipient.get(filter.to.toLowerCase())
    if (filter.domain !== undefined) return byDomain.get(canonicalName(filter.domain))
    return cameSince(filter.since)
  }
  const cameSince = (since = 0) => {
    let from = all.length
    while (from > 0 && (all[from - 1]?.at ?? 0) >= since) from--
    return all.slice(from).map(({ delivery }) => delivery)
  }
  const deliveries = (filter: DeliveryFilter) => {
    const matches = deliveryMatcher(filter)
    return [...candidates(filter)].filter(matches)
  }
  const problem = (text: string) => {
    if (problems.length < maximumProblems) problems.push(text)
  }
  const sessionsMatching = (filter: SessionFilter) => {
    const matches = sessionMatcher(filter)
    const { recipient, since = 0 } = filter
    const asked =
      recipient === undefined ? recorders.values() : recordersByRecipient.get(recipient.toLowerCase())
    return [...asked].filter((recorder) => recorder.spokenAt >= since && matches(recorder))
  }
  const forgetOldestSession = () => {
    const [oldest] = recorders.keys()
    if (oldest === undefined) return
    const forgotten = recorders.get(oldest)
    recorders.delete(oldest)
    if (forgotten !== undefined) recordersByRecipient.remove(forgotten, forgotten.recipients)
    problem(`More than ${limits.sessions} SMTP sessions: the oldest are no longer kept.`)
  }

  return {
    deliveries,
    arrival: (filter, { within, count = 1 }) =>
      arrivals.wait({
        present: deliveries(filter),
        matches: deliveryMatcher(filter),
        count,
        within,
        what: `deliveries with ${JSON.stringify(filter)}`,
      }),
    sessions: (filter) => sessionsMatching(filter).map(({ session }) => sayingAlone(session, filter.saying)),
    async session(filter, { within, count = 1 }) {
      const seen = await endings.wait({
        present: sessionsMatching(filter).filter((recorder) => recorder.session.endedAt !== null),
        matches: sessionMatcher(filter),
        count,
        within,
        what: `ended SMTP sessions with ${JSON.stringify(filter)}`,
      })
      return seen.map(({ session }) => sayingAlone(session, filter.saying))
    },
    failures,
    begin(personality, host, peer) {
      if (recorders.size >= limits.sessions) forgetOldestSession()
      begun += 1
      const told = {
        ended: endings.came,
        problem,
        named: (named: SessionRecorder, recipient: string) => recordersByRecipient.add(named, [recipient]),
      }
      const recorder = createSessionRecorder(`session-${begun}`, personality, host, peer, told)
      recorders.set(recorder.session.id, recorder)
      return recorder
    },
    record(delivery) {
      const size = delivery.raw.length
      const ofLarge = size < large ? 0 : size
      const counted = size < huge ? ofLarge : 3 * ofLarge
      if (bytes.all + size > limits.totalBytes || bytes.counted + counted > limits.largeBytes) {
        const kept = `${bytes.all} bytes, ${bytes.large} of them in large messages`
        problem(`The wire is full (${kept}): a message of ${size} bytes was refused with 452.`)
        return null
      }
      bytes.all += size
      bytes.large += ofLarge
      bytes.counted += counted
      const kept: Delivery = { id: `delivery-${all.length + 1}`, ...delivery }
      all.push({ delivery: kept, at: monotonic() })
      const to = kept.envelope.to.map((address) => address.toLowerCase())
      byRecipient.add(kept, to)
      byDomain.add(
        kept,
        to.flatMap((address) => domainAndParents(domainOf(address))),
      )
      arrivals.came(kept)
      for (const seen of watchers) seen(kept)
      return kept
    },
    watch: (seen) => void watchers.push(seen),
    problems,
    problem,
    close() {
      arrivals.close()
      endings.close()
      failures.close()
    },
  }
}

function deliveryMatcher(filter: DeliveryFilter): (delivery: Delivery) => boolean {
  const to = filter.to?.toLowerCase()
  const from = filter.from?.toLowerCase()
  const domain = filter.domain === undefined ? undefined : canonicalName(filter.domain)
  const holds = filter.containing === undefined ? undefined : holderOf(filter.containing)
  return ({ envelope, raw }) =>
    (to === undefined || envelope.to.some((address) => address.toLowerCase() === to)) &&
    (from === undefined || envelope.from.toLowerCase() === from) &&
    (domain === undefined || envelope.to.some((address) => isUnder(domainOf(address), domain))) &&
    (holds === undefined || holds(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)))
}

/** Who makes a copy of a message may write it down in another encoding. */
function holderOf(text: string): (raw: Buffer) => boolean {
  const needle = Buffer.from(text)
  const others = [needle.toString('latin1'), ...inBase64(text)]
  return (raw) => {
    if (raw.includes(needle)) return true
    // The line ends of base64, of folded fields, and the soft ones of quoted-printable (RFC 2045 §6.7).
    const unbroken = raw.toString('latin1').replace(/=?\r?\n[ \t]*/g, '')
    return others.some((form) => unbroken.includes(form))
  }
}

/** What was said for one message says nothing of the next one, and whoever asks for each of thousands gets the session but once. */
function sayingAlone(session: Session, saying: string | undefined): Session {
  if (saying === undefined) return session
  const transactions: TranscriptLine[][] = [[]]
  for (const line of session.transcript) {
    if (line.from === 'client' && /^MAIL\b/i.test(line.text)) transactions.push([])
    transactions.at(-1)?.push(line)
  }
  const says = sayer(saying)
  return { ...session, transcript: transactions.filter((lines) => lines.some(says)).flat() }
}

function sayer(saying: string): (line: TranscriptLine) => boolean {
  // Lines are kept octet by octet.
  const octets = Buffer.from(saying).toString('latin1').toLowerCase()
  return ({ from, text }) => from === 'client' && text.toLowerCase().includes(octets)
}

function leftAtTls({ tls, tlsFailure, transcript, endedAt }: Session): boolean {
  const saidNothing = !transcript.some(({ from, encrypted }) => from === 'client' && encrypted)
  return tlsFailure !== null || (tls !== null && endedAt !== null && saidNothing)
}

function sessionMatcher(filter: SessionFilter): (recorder: SessionRecorder) => boolean {
  const host = filter.host === undefined ? undefined : canonicalName(filter.host)
  const recipient = filter.recipient?.toLowerCase()
  const domain = filter.domain === undefined ? undefined : canonicalName(filter.domain)
  const says = filter.saying === undefined ? undefined : sayer(filter.saying)
  return ({ session, recipients }) =>
    (filter.leftAtTls === undefined || leftAtTls(session)) &&
    (says === undefined || session.transcript.some(says)) &&
    (host === undefined || session.host === host) &&
    (recipient === undefined || recipients.has(recipient)) &&
    (domain === undefined ||
      (session.host !== null && isUnder(session.host, domain)) ||
      [...recipients].some((address) => isUnder(domainOf(address), domain)))
}
