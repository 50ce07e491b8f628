import type { Severity } from '../model.ts'
import type { DkimKeyFacts } from './dkim-key.ts'
import { readHeaders } from './headers.ts'

/** A key that a signature names, or that the profile declares. */
export interface DkimKeyName {
  readonly selector: string
  readonly domain: string
  /** `a=` of the signature; `''` for a key that is only declared. */
  readonly algorithm: string
}

/** The key that each DKIM-Signature (RFC 6376 §3.5) of a message names, in order. */
export function signingKeys(raw: Uint8Array): DkimKeyName[] {
  return readHeaders(raw)
    .field('DKIM-Signature')
    .map(({ value }) => ({
      selector: tag(value, 's'),
      domain: tag(value, 'd'),
      algorithm: tag(value, 'a'),
    }))
}

/**
 * The declared keys that count: a selector may be of one of the domains alone, so it counts where it has a record, or at
 * every domain where it has none anywhere.
 */
export async function declaredKeys(
  { selectors, domains }: { readonly selectors: readonly string[]; readonly domains: readonly string[] },
  factsOf: (selector: string, domain: string) => Promise<DkimKeyFacts>,
): Promise<DkimKeyName[]> {
  const declared = selectors.flatMap((selector) =>
    domains.map((domain) => ({ selector, domain, algorithm: '' })),
  )
  const published = await Promise.all(
    declared.map(async (key) => (await factsOf(key.selector, key.domain)).records.length > 0),
  )
  return declared.filter(
    ({ selector }, n) =>
      published[n] || !declared.some((other, m) => other.selector === selector && published[m]),
  )
}

export interface DkimFault {
  /** Names the variant in a finding. */
  readonly name: string
  readonly is: boolean
  readonly severity: Severity
  readonly text: string
}

/** Everything that may be wrong with a key record (RFC 8301 §3, RFC 6376 §3.6.1), and whether it is. */
export function dkimFaults(facts: DkimKeyFacts, algorithm: string): DkimFault[] {
  const { bits, keyType, records, syntaxErrors, testing, hashes } = facts
  return [
    {
      name: 'size',
      is: keyType === 'rsa' && bits !== null && bits < 2048,
      severity: bits !== null && bits < 1024 ? 'high' : 'medium',
      text: `an RSA key of ${bits} bits`,
    },
    { name: 'testing', is: testing, severity: 'medium', text: 't=y: testing' },
    { name: 'records', is: records.length !== 1, severity: 'high', text: `${records.length} records` },
    {
      name: 'syntax',
      is: syntaxErrors.length > 0 || bits === null,
      severity: 'high',
      text: syntaxErrors.join('; ') || 'no readable key',
    },
    {
      name: 'hash',
      is: algorithm.includes('sha1') || hashes?.includes('sha1') === true,
      severity: 'high',
      text: 'SHA-1',
    },
  ]
}

/** `''` where there is none. */
function tag(value: string, name: string): string {
  return new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]*)`).exec(value)?.[1]?.replace(/\s/g, '') ?? ''
}
