import type { Basis, Outcome } from '../harness/model.ts'
import { few, plural } from './wording.ts'

/** Names that a sentence lists; the rest is a number. */
const mostNames = 4

/**
 * What a verdict rests on, in one line: `3 guards that held, of which 2 legitimate calls; 9 verdicts in 7 variants; as sender; messages by HTTP`.
 * `null` where nothing was tried.
 */
export function basisText({ basis, variants }: Pick<Outcome, 'basis' | 'variants'>): string | null {
  if (basis === undefined) return null
  const tried = variants.filter(({ state }) => state === 'held' || state === 'violated').length
  const parts = [
    guardsText(basis),
    `${plural(basis.observations, 'verdict')}${tried === 0 ? '' : ` in ${plural(tried, 'variant')}`}`,
    listed(
      'as',
      basis.callers.map(({ principal }) => principal),
    ),
    listed(
      'messages by',
      basis.channels.map(({ channel }) => channel),
    ),
    seenText(basis),
  ]
  return parts.filter((part) => part !== null).join('; ')
}

function guardsText(basis: Basis): string {
  const calls = basis.baselines.reduce((sum, { count }) => sum + count, 0)
  const kinds = [
    ...(calls === 0 ? [] : [plural(calls, 'legitimate call')]),
    ...(basis.fences === 0 ? [] : [plural(basis.fences, 'fence')]),
  ]
  return `${plural(basis.guards, 'guard')} that held${kinds.length === 0 ? '' : `, of which ${kinds.join(' and ')}`}`
}

function listed(before: string, names: readonly string[]): string | null {
  return names.length === 0 ? null : `${before} ${few(names, mostNames)}`
}

/** What was looked at beside answers to calls; `null` where that is nothing. */
export function seenText({ seen }: Pick<Basis, 'seen'>): string | null {
  const { deliveries, sessions, handshakes, records } = seen
  const parts = [
    [deliveries, 'delivered message'] as const,
    [sessions, 'SMTP session'] as const,
    [handshakes, 'TLS handshake'] as const,
    [records, 'answer of DNS'] as const,
  ].flatMap(([count, noun]) =>
    count === 0
      ? []
      : [noun === 'answer of DNS' && count > 1 ? `${count} answers of DNS` : plural(count, noun)],
  )
  return parts.length === 0 ? null : parts.join(', ')
}
