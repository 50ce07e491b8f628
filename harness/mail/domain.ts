import { domainToASCII } from 'node:url'
import { sentence } from '../../reports/visible.ts'
import type { Severity } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { dkimFaults } from '../probes/dkim-faults.ts'
import { dkimKeyFacts } from '../probes/dkim-key.ts'
import { evaluate } from '../probes/mail-authentication.ts'
import { DnsFailure, type RecordingResolver } from '../probes/resolver.ts'
import { spfFacts, spfFaults } from '../probes/spf.ts'
import { askAgain, keyRemedy } from './authentication.ts'
import { about, type Judged } from './judged.ts'
import { resolverAt } from './name-server.ts'
import { tell } from './table.ts'

export interface DomainOptions {
  readonly dns?: string
  /** DKIM selectors: DNS does not list them. */
  readonly selector?: readonly string[]
  readonly failOn: Severity
  readonly json?: true
}

/** Judges what DNS says of a domain that sends mail; as `mail` does of a message. */
export async function domain(name: string, options: DomainOptions): Promise<0 | 1 | 2> {
  const ascii = domainToASCII(name.replace(/\.$/, ''))
  if (!/^(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$/i.test(ascii))
    throw new UsageError(`expected the name of a domain, such as shop.example; seen ${sentence(name)}`)
  const judged = await judgeDomain(ascii, options.selector ?? [], resolverAt(options.dns))
  return tell(judged, options)
}

export async function judgeDomain(
  name: string,
  selectors: readonly string[],
  resolver: RecordingResolver,
): Promise<readonly Judged[]> {
  const parts = [
    [about('spf'), spfOf(name, resolver)],
    ...selectors.map((selector) => [about('dkim', selector), keyOf(selector, name, resolver)] as const),
    [about('dmarc'), dmarcOf(name, resolver)],
    [about('tls'), inboundOf(name, resolver)],
  ] as const
  const judged = await Promise.all(
    parts.map(([{ unknown }, part]) =>
      part.catch((error: unknown) => {
        if (!(error instanceof DnsFailure)) throw error
        return [unknown(error.message, askAgain)]
      }),
    ),
  )
  const without = about('dkim').told('no --selector was named, and DNS lists none')
  return [...judged.flat(), ...(selectors.length === 0 ? [without] : [])]
}

async function spfOf(name: string, resolver: RecordingResolver): Promise<Judged[]> {
  const { right, wrong } = about('spf')
  const facts = await spfFacts(name, resolver)
  const faults = spfFaults(facts, null).filter(({ is, applies }) => is && applies)
  const remedy = 'publish one v=spf1 record, with at most 10 look-ups, that ends in -all or ~all (RFC 7208)'
  const found = faults.map(({ severity, text }) => wrong(severity ?? 'medium', text, remedy))
  if (facts.all === '+') found.push(wrong('high', 'it ends in +all: whoever likes may send', remedy))
  if (found.length > 0) return found
  return [right(`${facts.records[0]}: ${facts.lookups} look-ups, ${facts.voids} of them void`)]
}

async function keyOf(selector: string, name: string, resolver: RecordingResolver): Promise<Judged[]> {
  const { right, told, wrong } = about('dkim', selector)
  const facts = await dkimKeyFacts(selector, name, resolver)
  if (facts.wildcard) return [told(`a wildcard answers for every selector of ${name}`)]
  if (facts.revoked) return [told('it is out of use: p= is empty')]
  const named = { selector, domain: name, algorithm: `${facts.keyType}-sha256`, identity: name }
  const faults = dkimFaults(facts, named).filter(({ is }) => is)
  if (faults.length > 0) return faults.map(({ severity, text }) => wrong(severity, text, keyRemedy))
  return [right(`${facts.keyType} of ${facts.bits} bits`)]
}

/** By the same evaluator as a message: one from the domain, that nothing speaks for. */
async function dmarcOf(name: string, resolver: RecordingResolver): Promise<Judged[]> {
  const { right, unknown, wrong } = about('dmarc')
  const message = Buffer.from(`From: postmaster@${name}\r\n\r\n`)
  const { dmarc, unanswered } = await evaluate(message, {
    ...{ ip: '192.0.2.0', helo: 'unknown.invalid', mailFrom: 'postmaster@unknown.invalid', resolver },
  })
  if (unanswered.some((answer) => answer.name.startsWith('_dmarc.'))) return [unknown(dmarc.result, askAgain)]
  if (dmarc.record === null) {
    const remedy = `publish one at _dmarc.${name}: without it whoever likes writes in its name`
    return [wrong('medium', 'there is no record', remedy)]
  }
  const seen = `${dmarc.record} at ${dmarc.recordDomain}`
  if (dmarc.policy !== 'none') return [right(seen)]
  return [wrong('low', `${seen}: what fails is let in`, 'ask for quarantine or reject once all mail passes')]
}

/** What it says to whoever sends to it: TLS by MTA-STS (RFC 8461), reports of it (RFC 8460). */
async function inboundOf(name: string, resolver: RecordingResolver): Promise<Judged[]> {
  const { told } = about('tls')
  const exchangers = await resolver.records(name, 'MX')
  if (exchangers.length === 0) return [told('it has no MX record, and gets no answers')]
  const [sts, reports] = await Promise.all([
    resolver.txt(`_mta-sts.${name}`),
    resolver.txt(`_smtp._tls.${name}`),
  ])
  const has = (texts: readonly string[], version: string) => texts.some((text) => text.startsWith(version))
  return [
    told(
      `${exchangers.length} exchangers; MTA-STS ${has(sts, 'v=STSv1') ? 'is announced' : 'is not announced'}; reports of TLS ${has(reports, 'v=TLSRPTv1') ? 'are wanted' : 'are not wanted'}`,
    ),
  ]
}
