import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

const day = 24 * 60 * 60 * 1000
const elliptic = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = {
  ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ...{ modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
}

/** For tests: a certificate with its key, which may sign others. */
export interface Signed {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
  /** PEM. */
  readonly cert: string
  readonly key: string
}

/** Of a certificate; a leaf for 127.0.0.1, for some months, by itself where nothing else is said. */
export interface Wanted {
  readonly by?: Signed
  readonly subject?: string
  readonly names?: readonly string[]
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  readonly authority?: true
  readonly kind?: 'RSA'
  readonly hash?: 'SHA-1'
  readonly purposes?: readonly (keyof typeof x509.ExtendedKeyUsage)[]
}

/** For tests: makes a certificate, right or wrong. */
export async function certify(wanted: Wanted = {}): Promise<Signed> {
  const { by, subject = 'CN=127.0.0.1', names = ['127.0.0.1'], from = -100, until = 100, purposes } = wanted
  const keys = await crypto.subtle.generateKey(wanted.kind === 'RSA' ? rsa : elliptic, true, [
    'sign',
    'verify',
  ])
  const signer = by?.keys ?? keys
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: by?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() + from * day),
    notAfter: new Date(Date.now() + until * day),
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: { ...signer.privateKey.algorithm, hash: wanted.hash ?? 'SHA-256' },
    extensions: [
      new x509.BasicConstraintsExtension(wanted.authority ?? false, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
      ...(names.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
            ),
          ]),
      ...(purposes === undefined
        ? []
        : [new x509.ExtendedKeyUsageExtension(purposes.map((purpose) => x509.ExtendedKeyUsage[purpose]))]),
    ],
  })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    ...{ certificate, keys, cert: certificate.toString('pem') },
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  }
}

/** For tests: one who signs others. */
export function authority(name: string, wanted: Wanted = {}): Promise<Signed> {
  return certify({ subject: `CN=${name}`, names: [], authority: true, ...wanted })
}
