import type { Severity } from '../model.ts'
import { domainOf } from './addresses.ts'
import type { DkimKeyFacts } from './dkim-key.ts'
import { readHeaders } from './headers.ts'

/** A key that a signature names, or that the profile declares. */
export interface DkimKeyName {
  readonly selector: string
  readonly domain: string
  /** `a=` of the signature; `''` for a key that is only declared. */
  readonly algorithm: string
  /** The domain of `i=` of the signature, which is `d=` where it is left out (RFC 6376 §3.5). */
  readonly identity: string
}

/** The key that each DKIM-Signature (RFC 6376 §3.5) of a message names, in order. */
export function signingKeys(raw: Uint8Array): DkimKeyName[] {
  return readHeaders(raw)
    .field('DKIM-Signature')
    .map(({ value }) => {
      // Names of DNS, in whatever case they are written.
      const domain = tag(value, 'd').toLowerCase()
      const identity = domainOf(tag(value, 'i')) || domain
      return { selector: tag(value, 's').toLowerCase(), domain, algorithm: tag(value, 'a'), identity }
    })
}

/**
 * Those that the profile declares and those that sign the message, each once for each way that it signs in, by a name that is
 * stable from run to run.
 */
export async function keysToJudge(
  mail: Parameters<typeof declaredKeys>[0],
  raw: Uint8Array,
  factsOf: Parameters<typeof declaredKeys>[1],
): Promise<readonly (DkimKeyName & { readonly name: string })[]> {
  const signing = signingKeys(raw)
  const isUsed = ({ selector, domain }: DkimKeyName) =>
    signing.some((key) => key.selector === selector.toLowerCase() && key.domain === domain.toLowerCase())
  const declared = (await declaredKeys(mail, factsOf)).filter((key) => !isUsed(key))
  const keys = new Map([...declared, ...signing].map((key) => [Object.values(key).join(' '), key]))
  return [...keys.values()].map((key, n) => ({ name: `key ${n + 1}`, ...key }))
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
    domains.map((domain) => ({ selector, domain, algorithm: '', identity: domain })),
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
export function dkimFaults(facts: DkimKeyFacts, key: DkimKeyName): DkimFault[] {
  const { bits, keyType, records, syntaxErrors, testing, hashes } = facts
  const refusal = refusedBy(facts, key)
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
      name: 'hash of the signature',
      is: key.algorithm.includes('sha1'),
      severity: 'high',
      text: 'signs with SHA-1',
    },
    {
      // What may be used is not what is used.
      name: 'hashes allowed',
      is: hashes?.includes('sha1') === true,
      severity: 'low',
      text: 'h= allows SHA-1',
    },
    { name: 'use', is: refusal !== null, severity: 'high', text: refusal ?? '' },
    {
      name: 'signature',
      is: key.algorithm === '' && records.length > 0,
      severity: 'low',
      text: 'the profile says that it signs, and no signature was made with it',
    },
  ]
}

/** Why no verifier accepts a signature by this key (RFC 6376 §3.6.1, RFC 8463 §4); `null` where one does. */
function refusedBy(
  { keyType, hashes, services, strictIdentity }: DkimKeyFacts,
  key: DkimKeyName,
): string | null {
  const [type = keyType, hash = 'sha256'] = key.algorithm === '' ? [] : key.algorithm.split('-')
  if (!['rsa', 'ed25519'].includes(keyType)) return `k=${keyType}, which no verifier knows`
  if (type !== keyType) return `k=${keyType}, and the signature is by ${key.algorithm}`
  if (hashes?.includes(hash) === false) return `h=${hashes.join(':')}, and the hash is ${hash}`
  if (services !== null && !services.some((service) => service === '*' || service === 'email'))
    return `s=${services.join(':')}: not for mail`
  const { identity, domain } = key
  if (strictIdentity && identity !== domain) return `t=s, and the signature is for ${identity} (i=)`
  return null
}

/** Of a tag list (RFC 6376 §3.2), white space removed; `''` where there is none. */
export function tag(value: string, name: string): string {
  return new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]*)`).exec(value)?.[1]?.replace(/\s/g, '') ?? ''
}
