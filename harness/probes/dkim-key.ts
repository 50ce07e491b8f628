import { createPublicKey, randomUUID } from 'node:crypto'
import type { RecordingResolver } from './resolver.ts'

export interface DkimKeyFacts {
  /** Where the record is, as `s1._domainkey.example.com`. */
  readonly name: string
  /** All TXT records there: more than one leaves the choice to the verifier (RFC 6376 §3.6.2.2). */
  readonly records: readonly string[]
  /** Tags of the first record, in order of appearance, white space removed. */
  readonly tags: Readonly<Record<string, string>>
  readonly syntaxErrors: readonly string[]
  /** `k=`, `rsa` where it is left out. */
  readonly keyType: string
  /** Bits of the RSA modulus, 256 for Ed25519; `null` for a key that cannot be read. */
  readonly bits: number | null
  /** An empty `p=` (RFC 6376 §3.6.1). */
  readonly revoked: boolean
  /** `t=y`: verifiers treat the mail as unsigned. */
  readonly testing: boolean
  /** `t=s`: no sub-domains in `i=`. */
  readonly strictIdentity: boolean
  /** `h=`; `null` allows every hash. */
  readonly hashes: readonly string[] | null
  /** `s=`; `null` allows every service. */
  readonly services: readonly string[] | null
  /** A random selector has a record too: what is found proves nothing about this selector. */
  readonly wildcard: boolean
}

/** The key record of a selector (RFC 6376 §3.6.1, RFC 8463 §4). Throws DnsFailure where the name server does not answer. */
export async function dkimKeyFacts(
  selector: string,
  domain: string,
  resolver: RecordingResolver,
): Promise<DkimKeyFacts> {
  const name = `${selector}._domainkey.${domain}`
  // What was asked last is what a finding shows.
  const elsewhere = await resolver.txt(`${randomUUID()}._domainkey.${domain}`)
  const records = await resolver.txt(name)
  const { tags, order, errors } = readTags(records[0] ?? '')
  const keyType = tags['k'] ?? 'rsa'
  const list = (tag: string) => tags[tag]?.split(':').map((item) => item.trim()) ?? null
  const bits = tags['p'] ? keyBits(keyType, tags['p']) : null
  if (order.includes('v') && (order[0] !== 'v' || tags['v'] !== 'DKIM1'))
    errors.push('v= is not the first tag with the value DKIM1')
  if (records.length > 0 && tags['p'] === undefined) errors.push('p= is missing')
  if (tags['p'] && bits === null) errors.push(`p= holds no ${keyType} key`)
  return {
    name,
    records,
    tags,
    syntaxErrors: errors,
    keyType,
    bits,
    revoked: tags['p'] === '',
    testing: list('t')?.includes('y') ?? false,
    strictIdentity: list('t')?.includes('s') ?? false,
    hashes: list('h'),
    services: list('s'),
    wildcard: elsewhere.length > 0,
  }
}

/** The tag list of RFC 6376 §3.2: case-sensitive names, none twice. */
function readTags(record: string): { tags: Record<string, string>; order: string[]; errors: string[] } {
  const [tags, order, errors]: [Record<string, string>, string[], string[]] = [{}, [], []]
  const specs = record.split(';')
  for (const [i, spec] of specs.entries()) {
    // A list may end with a semicolon.
    if (spec.trim() === '' && i === specs.length - 1) continue
    const equals = spec.indexOf('=')
    const [name, value] = [spec.slice(0, Math.max(0, equals)).trim(), spec.slice(equals + 1).trim()]
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || /[^\x21-\x7e\s]/.test(value))
      errors.push(`not a tag: ${JSON.stringify(spec.slice(0, 60))}`)
    else if (order.includes(name)) errors.push(`${name}= stands there twice`)
    else {
      tags[name] = name === 'p' ? value.replace(/\s+/g, '') : value
      order.push(name)
    }
  }
  return { tags, order, errors }
}

function keyBits(keyType: string, base64: string): number | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null
  const der = Buffer.from(base64, 'base64')
  if (keyType === 'ed25519') return der.length === 32 ? 256 : null
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      const key = createPublicKey({ key: der, format: 'der', type })
      if (key.asymmetricKeyType === 'rsa') return key.asymmetricKeyDetails?.modulusLength ?? null
    } catch {
      // RFC 6376 §3.6.1 calls for SubjectPublicKeyInfo, its errata allow RSAPublicKey: the other form is tried.
    }
  }
  return null
}
