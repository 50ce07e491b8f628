import type { RecordingResolver } from './resolver.ts'
import { parseSpf, type SpfTerm } from './spf-record.ts'

export interface SpfFacts {
  /** TXT records of the domain that are SPF records (RFC 7208 §4.5): more than one is a permerror. */
  readonly records: readonly string[]
  /** TXT records that look like an attempt at one, as `v=spf1;` or `v=SPF 1`. */
  readonly attempts: readonly string[]
  /** Permanent errors of syntax and of structure, each with the domain of its record. */
  readonly errors: readonly string[]
  /** Terms that ask DNS, over all includes and the redirect (§4.6.4: 10 at most). */
  readonly lookups: number
  /** Of these, those without an answer (2 at most). */
  readonly voids: number
  /** The most exchangers that one `mx` brings (10 at most). */
  readonly exchangers: number
  /** Qualifier of the `all` that decides in the end; `null` where there is none. */
  readonly all: SpfTerm['qualifier'] | null
  /** By this reading, some evaluation ends in permerror. */
  readonly permerror: boolean
}

/** RFC 7208 §4.6.4. */
export const spfLimits = { lookups: 10, voids: 2, exchangers: 10 } as const

/** Where the count ends, so that a hostile tree of includes does not. */
const enough = 60

interface Count {
  readonly resolver: RecordingResolver
  readonly errors: string[]
  lookups: number
  voids: number
  exchangers: number
}

/**
 * Reads a domain's SPF policy as a whole, whatever the sender: every include is followed, as for an address that nothing
 * matches. A second evaluator beside mailauth. Throws DnsFailure where the name server does not answer.
 */
export async function spfFacts(domain: string, resolver: RecordingResolver): Promise<SpfFacts> {
  const texts = await resolver.txt(domain)
  const records = texts.filter(isSpf)
  const count: Count = { resolver, errors: [], lookups: 0, voids: 0, exchangers: 0 }
  if (records.length > 1) count.errors.push(`${domain}: ${records.length} SPF records`)
  const all = records[0] === undefined ? null : await follow(domain, records[0], [], count)
  const { errors, lookups, voids, exchangers } = count
  return {
    records,
    attempts: texts.filter((text) => !isSpf(text) && /^\s*["']?v\s*=\s*spf/i.test(text)),
    errors,
    lookups,
    voids,
    exchangers,
    all,
    permerror:
      errors.length > 0 ||
      lookups > spfLimits.lookups ||
      voids > spfLimits.voids ||
      exchangers > spfLimits.exchangers,
  }
}

function isSpf(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text)
}

async function follow(
  domain: string,
  record: string,
  above: readonly string[],
  count: Count,
): Promise<SpfTerm['qualifier'] | null> {
  const { terms, errors } = parseSpf(record)
  count.errors.push(...errors.map((error) => `${domain}: ${error}`))
  for (const term of terms) {
    if (count.lookups > enough) return null
    // What stands behind `all` is never reached (§5.1).
    if (term.name === 'all') return term.qualifier
    if (term.name !== 'redirect') await look(term, domain, [...above, domain], count)
  }
  const redirect = terms.find(({ name }) => name === 'redirect')
  return redirect === undefined ? null : enter(redirect, domain, [...above, domain], count)
}

async function look(term: SpfTerm, domain: string, above: readonly string[], count: Count): Promise<void> {
  const target = term.target ?? domain
  if (term.name === 'include') return void (await enter(term, domain, above, count))
  if (!['a', 'mx', 'exists', 'ptr'].includes(term.name)) return
  count.lookups++
  // What a macro stands for, and which names a client's address has, depends on the mail.
  if (term.name === 'ptr' || target.includes('%')) return
  if (term.name === 'mx') {
    const exchangers = await count.resolver.records(target, 'MX')
    count.exchangers = Math.max(count.exchangers, exchangers.length)
    if (exchangers.length === 0) count.voids++
    return
  }
  const [ipv4, ipv6] = await Promise.all([
    count.resolver.records(target, 'A'),
    term.name === 'a' ? count.resolver.records(target, 'AAAA') : [],
  ])
  if (ipv4.length + ipv6.length === 0) count.voids++
}

/** The record that `include` or `redirect` names. */
async function enter(
  term: SpfTerm,
  domain: string,
  above: readonly string[],
  count: Count,
): Promise<SpfTerm['qualifier'] | null> {
  count.lookups++
  const target = term.target ?? ''
  if (target.includes('%')) return null
  if (above.includes(target.toLowerCase())) {
    count.errors.push(`${domain}: ${term.name} of ${target} leads in a circle`)
    return null
  }
  const texts = await count.resolver.txt(target)
  if (texts.length === 0) count.voids++
  const records = texts.filter(isSpf)
  if (records[0] === undefined || records.length > 1) {
    count.errors.push(`${domain}: ${term.name} of ${target}, which has ${records.length} SPF records`)
    return null
  }
  return follow(target.toLowerCase(), records[0], above, count)
}

export interface SpfFault {
  /** Names the variant in a finding. */
  readonly name: string
  readonly is: boolean
  readonly severity: 'low' | undefined
  readonly text: string
  /** There is something of which it could be. */
  readonly applies: boolean
}

/** Everything that may be wrong with a domain's SPF, and whether it is; `error` is an evaluator's permerror. */
export function spfFaults(facts: SpfFacts, error: string | null): SpfFault[] {
  const { lookups, voids, exchangers, errors, records, attempts } = facts
  const numbers = `${lookups} look-ups, ${voids} of them void, at most ${exchangers} exchangers`
  // Where bounces go to another domain, mail of this one needs none; nor does it forbid any.
  const none = records.length + attempts.length === 0
  const faults = [
    {
      name: 'records',
      is: records.length !== 1,
      severity: none ? 'low' : undefined,
      text: `${records.length} records, and ${attempts.length} that fail to be one`,
    },
    { name: 'syntax', is: errors.length > 0, severity: undefined, text: errors.join('; ') },
    {
      name: 'limits',
      is: lookups > spfLimits.lookups || voids > spfLimits.voids || exchangers > spfLimits.exchangers,
      severity: undefined,
      text: numbers,
    },
    { name: 'evaluation', is: error !== null, severity: undefined, text: error ?? '' },
    {
      name: 'reserve',
      is: lookups >= spfLimits.lookups - 1 && lookups <= spfLimits.lookups,
      severity: 'low',
      text: numbers,
    },
  ] as const
  return faults.map((fault) => ({ ...fault, applies: fault.name === 'records' || !none }))
}
