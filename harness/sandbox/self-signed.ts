import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { KeyAndCertificate } from './certificates.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000

/** For tests: a certificate of 127.0.0.1 that is its own authority; valid `from` to `until`, in days from now. */
export async function selfSigned(from: number, until: number): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=A clock that is off',
    notBefore: new Date(Date.now() + from * day),
    notAfter: new Date(Date.now() + until * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  })
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { key: x509.PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem') }
}
