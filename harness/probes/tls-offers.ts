import type { TlsOffer } from './tls-hello.ts'

/** A ClientHello that a server of today refuses. */
export interface RefusedOffer {
  readonly name: string
  readonly offer: TlsOffer
  /** Its suites as OpenSSL names them. */
  readonly ciphers?: string
  readonly severity: 'high' | 'medium' | 'low'
}

const groups = {
  NULL: ['eNULL', 'high'],
  EXPORT: ['EXPORT', 'high'],
  anon: ['aNULL', 'high'],
  RC4: ['RC4', 'high'],
  DES: ['DES', 'high'],
  '3DES': ['3DES', 'high'],
  // No forward secrecy, and RFC 9325 §4.1 says SHOULD NOT; for CBC with ECDHE it prefers AEAD.
  'static-RSA': ['kRSA', 'medium'],
  CBC: ['SHA1:SHA256:SHA384:!kRSA:!aNULL:!eNULL', 'low'],
} as const

/** Versions before TLS 1.2 (RFC 8996), suites that RFC 9325 §4 rules out, and compression (CVE-2012-4929). */
export const refusedOffers: readonly RefusedOffer[] = [
  ...(['SSLv3', 'TLSv1', 'TLSv1.1'] as const).map((version) => ({
    ...{ name: version, offer: { version }, severity: 'high' as const },
  })),
  ...Object.entries(groups).map(([group, [ciphers, severity]]) => ({
    name: `${group} suites`,
    offer: { version: 'TLSv1.2' as const, suites: [group as keyof typeof groups] },
    ...{ ciphers, severity },
  })),
  { name: 'compression', offer: { version: 'TLSv1.2', compression: true }, severity: 'high' },
]
