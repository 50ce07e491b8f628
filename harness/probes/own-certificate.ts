import 'reflect-metadata'
import { type KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const hour = 3_600_000
const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const

/** What a certificate says of itself, which anybody may write into another one. */
export interface Words {
  /** RFC 4514. */
  readonly subject: string
  readonly serialNumber?: string
}

/** Of a certificate (PEM). */
export function wordsOf(certificate: string): Words {
  const { subject, serialNumber } = new x509.X509Certificate(certificate)
  return { subject, serialNumber }
}

/** A certificate of these keys, of an hour ago and for a day, which nobody else has signed. */
export function ownCertificate(
  alg: keyof typeof algorithms,
  keys: Readonly<Record<'privateKey' | 'publicKey', KeyObject>>,
  { subject, ...words }: Words,
): Promise<x509.X509Certificate> {
  const algorithm = algorithms[alg]
  const imported = (key: KeyObject, usage: 'sign' | 'verify') =>
    webcrypto.subtle.importKey('jwk', key.export({ format: 'jwk' }), algorithm, true, [usage])
  return Promise.all([imported(keys.privateKey, 'sign'), imported(keys.publicKey, 'verify')]).then(
    ([privateKey, publicKey]) =>
      x509.X509CertificateGenerator.createSelfSigned({
        ...{ name: subject, ...words },
        notBefore: new Date(Date.now() - hour),
        notAfter: new Date(Date.now() + 24 * hour),
        keys: { privateKey, publicKey },
        signingAlgorithm: algorithm,
      }),
  )
}
