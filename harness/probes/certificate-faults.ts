import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { describeCertificate, describeKey, isOwnIssuer, type Presented } from './certificates.ts'

/** What a certificate shows that it should not. */
export interface CertificateFault {
  readonly severity: 'high' | 'medium' | 'low'
  readonly presented: Presented
  readonly actual: string
}

/** By what a certificate is looked at. */
export interface CertificateRule {
  readonly name: string
  readonly expected: string
  /** It is read off our clock. */
  readonly byTheClock?: true
  /** What is wrong, and how bad it is; `null` where nothing is. */
  fault(presented: Presented, seen: Seen): Pick<CertificateFault, 'severity' | 'actual'> | null
}

interface Seen {
  /** Whom a client means to talk to. */
  readonly host: string
  /** Milliseconds since 1970. */
  readonly now: number
}

const day = 24 * 60 * 60 * 1000

/** Chain and dates (RFC 5280 §6), name (RFC 9525 §6), key and signature (RFC 9325 §4.5, §7.5), purpose (RFC 5280 §4.2.1.12). */
export const certificateRules: readonly CertificateRule[] = [
  {
    name: 'chain',
    expected:
      'a certificate whose chain, as the server sends it, leads to an authority of the system or of the profile',
    fault: ({ mistrust, chain: [own] }) =>
      mistrust === null
        ? null
        : {
            severity: 'high',
            actual: isOwnIssuer(own)
              ? `it has signed itself (${mistrust})`
              : `nobody who is trusted has signed it, or the server does not send who stands between (${mistrust})`,
          },
  },
  {
    name: 'name',
    expected: 'a certificate with the name that the server is called by in its subjectAltName',
    fault: ({ chain: [own] }, { host }) =>
      isFor(own, host) ? null : { severity: 'high', actual: `it is not for ${host}` },
  },
  {
    name: 'dates',
    expected: 'a certificate that is valid today, as is who signed it',
    byTheClock: true,
    fault({ chain: [own], refusal }, { now }) {
      if (own.validToDate.getTime() < now) return { severity: 'high', actual: 'it has expired' }
      if (own.validFromDate.getTime() > now) return { severity: 'high', actual: 'it is not valid yet' }
      return refusal === 'CERT_HAS_EXPIRED' || refusal === 'CERT_NOT_YET_VALID'
        ? { severity: 'high', actual: 'a certificate between it and its authority is not valid today' }
        : null
    },
  },
  {
    name: 'time left',
    expected:
      'a certificate that is replaced 30 days before it expires, or when a quarter of its life is left',
    byTheClock: true,
    fault({ chain: [own] }, { now }) {
      const [from, until] = [own.validFromDate.getTime(), own.validToDate.getTime()]
      const left = until - now
      // Some live for 47 days, or for 6: what replaces them begins later.
      const isBelow = (days: number, share: number) => left < Math.min(days * day, (until - from) / share)
      if (left < 0 || !isBelow(30, 4)) return null
      const isShort = isBelow(14, 8)
      return { severity: isShort ? 'medium' : 'low', actual: `${(left / day).toFixed(1)} days are left` }
    },
  },
  {
    name: 'key',
    expected: 'an RSA key of at least 2048 bits, or one of a curve of at least 256 bits',
    fault({ chain: [own] }) {
      const bits = bitsOf(own)
      const isShort = bits !== null && bits.seen < bits.wanted
      return isShort ? { severity: 'medium', actual: `its key is ${describeKey(own)}` } : null
    },
  },
  {
    name: 'signature',
    expected: 'signatures with SHA-256 or better, of all certificates below the authority',
    fault({ chain }) {
      const weak = chain.find(
        (certificate) => !isOwnIssuer(certificate) && weakHash.test(certificate.signatureAlgorithm ?? ''),
      )
      return weak === undefined
        ? null
        : { severity: 'medium', actual: `one is signed with ${weak.signatureAlgorithm}` }
    },
  },
  {
    name: 'purpose',
    expected: 'a certificate for servers (id-kp-serverAuth), or for any purpose',
    fault({ chain: [own] }) {
      // Its types do not say that it is missing where the extension is.
      const uses: readonly string[] | undefined = own.keyUsage
      return uses === undefined || uses.some((use) => use === serverAuth || use === anyPurpose)
        ? null
        : { severity: 'medium', actual: `it is for ${uses.join(', ')} alone` }
    },
  },
]

/** The worst that one of these certificates shows by a rule; `null` where none shows anything. */
export function faultBy(
  rule: CertificateRule,
  presented: readonly Presented[],
  seen: Seen,
): CertificateFault | null {
  const faults = presented.flatMap((each) => {
    const fault = rule.fault(each, seen)
    return fault === null
      ? []
      : [{ ...fault, presented: each, actual: `${fault.actual}: ${describeCertificate(each)}` }]
  })
  const weight = ({ severity }: CertificateFault) => ['high', 'medium', 'low'].indexOf(severity)
  return faults.sort((one, other) => weight(one) - weight(other))[0] ?? null
}

const serverAuth = '1.3.6.1.5.5.7.3.1'
const anyPurpose = '2.5.29.37.0'
const weakHash = /md[245]|sha-?1(?!\d)/i

/** RFC 9525 §6: the name in the subject is of no account, nor is a part of a label as a wildcard. */
function isFor(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined
  const name = host.replace(/\.$/, '')
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined
}

/** How long a key is and should be; `null` where its kind has no length that anybody doubts. */
function bitsOf({ publicKey }: X509Certificate): { readonly seen: number; readonly wanted: number } | null {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined) return { seen: modulusLength, wanted: 2048 }
  const [bits] = /\d{3}/.exec(namedCurve ?? '') ?? []
  return bits === undefined ? null : { seen: Number(bits), wanted: 256 }
}
