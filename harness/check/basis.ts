import type {
  Access,
  Basis,
  ChannelName,
  Delivery,
  Exchange,
  MailPath,
  NameResult,
  Untried,
} from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import type { Note } from './trail.ts'

/** What a receiver makes of a delivered message. */
export interface Received extends Pick<MailPath, 'spf' | 'dmarc'> {
  readonly dkim: readonly NameResult[]
}

/** Keeps what a check did to come to its verdict, in numbers and in names of the profile. */
export interface BasisKeeper {
  noted(note: Note): void
  /** A message was tried by it. */
  sent(channel: ChannelName): void
  /** A guard: the call was accepted. */
  accepted(exchange: Exchange): void
  /** A guard: a benign message came through. */
  fenced(): void
  received(variant: string | null, delivery: Delivery, received: Received): void
  /** Asked once the check has ended. */
  sum(ended: Ended): Basis
}

export interface Ended extends Pick<Basis, 'startedAt' | 'guards' | 'observations'> {
  /** What came of what somebody tried whose permission the profile knows. */
  readonly access: readonly Access[]
  /** What was to be tried of that. */
  readonly asks: readonly Untried[]
}

/** Messages whose path is told: one a channel, and a few more. */
const mostPaths = 12
const mostSignatures = 8

/** Callers × operations. */
const mostUntried = 3000

/** `text` makes what a report may hold of a text. */
export function createBasis(text: (text: string) => string): BasisKeeper {
  const known = new Set<string>()
  const seen = { deliveries: 0, sessions: 0, handshakes: 0, records: 0 }
  const callers = new Map<string, { calls: number; accepted: number }>()
  const channels = new Map<ChannelName, number>()
  const baselines = new Map<string, { principal: string; operation: string; count: number }>()
  const mail: MailPath[] = []
  let fences = 0

  const isNew = (id: string) => !known.has(id) && known.add(id) !== null
  return {
    noted(note) {
      if ('evidence' in note) {
        if (note.evidence.kind === 'handshake') seen.handshakes++
        if (note.evidence.kind === 'dns') seen.records++
        if (note.evidence.kind === 'session') seen.sessions++
      } else if ('exchange' in note) {
        const { id, principal, answer } = note.exchange
        if (!isNew(id)) return
        const caller = callers.get(principal) ?? { calls: 0, accepted: 0 }
        callers.set(principal, caller)
        caller.calls++
        if (answer === 'accepted') caller.accepted++
      } else if ('delivery' in note) {
        if (isNew(note.delivery.id)) seen.deliveries++
      } else if (isNew(note.session.id)) seen.sessions++
    },
    sent: (channel) => void channels.set(channel, (channels.get(channel) ?? 0) + 1),
    accepted({ principal, operation }) {
      const key = JSON.stringify([principal, operation])
      const baseline = baselines.get(key) ?? {
        ...{ principal: text(principal), operation: operation ?? 'unmapped', count: 0 },
      }
      baselines.set(key, baseline)
      baseline.count++
    },
    fenced: () => void fences++,
    received(variant, { peer, helo, host, tls, raw }, { spf, dkim, dmarc }) {
      if (mail.length === mostPaths) return
      const name = ({ result, domain, aligned }: NameResult): NameResult => ({
        ...{ result: text(result), domain: text(domain), aligned },
      })
      mail.push({
        variant: variant === null ? null : text(variant),
        peer: text(peer),
        helo: text(helo),
        host: host === null ? null : text(host),
        tls,
        received: readHeaders(raw).field('Received').length,
        spf: { ...name(spf), from: text(spf.from) },
        dkim: dkim.slice(0, mostSignatures).map(name),
        dmarc: {
          result: text(dmarc.result),
          domain: dmarc.domain === null ? null : text(dmarc.domain),
          policy: dmarc.policy === null ? null : text(dmarc.policy),
        },
      })
    },
    sum: ({ access, asks, ...ended }) => ({
      ...ended,
      baselines: [...baselines.values()],
      fences,
      callers: [...callers].map(([principal, counts]) => ({ principal: text(principal), ...counts })),
      channels: [...channels].map(([channel, messages]) => ({ channel, messages })),
      seen: { ...seen },
      ...cellsOf(access, asks, text),
      mail: [...mail],
    }),
  }
}

/** What weighs most of several tries of the same. */
const order: readonly Access['state'][] = ['held', 'unjudged', 'violated']

function cellsOf(
  access: readonly Access[],
  asks: readonly Untried[],
  text: (text: string) => string,
): Pick<Basis, 'access' | 'untried'> {
  const keyOf = ({ principal, operation, channel, domain }: Untried) =>
    JSON.stringify([principal, operation, channel, domain])
  const said = <Of extends Untried>(cell: Of): Of => ({
    ...cell,
    principal: text(cell.principal),
    operation: text(cell.operation),
    ...(cell.domain === undefined ? {} : { domain: text(cell.domain) }),
  })
  const cells = new Map<string, Access>()
  for (const cell of access) {
    // Both halves of what somebody may do on his own alone are told.
    const half = cell.permission === 'own' && cell.state === 'held' ? cell.seen : ''
    const key = `${keyOf(cell)} ${cell.permission} ${half}`
    const before = cells.get(key)
    const worse = before === undefined || order.indexOf(cell.state) > order.indexOf(before.state)
    if (worse) cells.set(key, cell)
  }
  const tried = new Set([...cells.values()].map(keyOf))
  const untried = new Map(asks.filter((cell) => !tried.has(keyOf(cell))).map((cell) => [keyOf(cell), cell]))
  return {
    access: [...cells.values()].map(said),
    ...(untried.size === 0 ? {} : { untried: [...untried.values()].slice(0, mostUntried).map(said) }),
  }
}
