import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { UsageError } from '../obstacles.ts'

export interface KeyAndCertificate {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM; the leaf alone, as the authority is a root. */
  readonly cert: string
}

export interface Certificates {
  /** The run's authority, PEM. */
  readonly ca: string
  /** A right certificate for these names and addresses. Its key is RSA, so that a server can speak all that TLS has. */
  issue(names: readonly string[]): Promise<KeyAndCertificate>
  /** A context for these names with the fault; cached, so that a handshake costs no signature of the authority. */
  context(
    names: readonly string[],
    fault: CertificateFault | null,
    options?: SecureContextOptions,
  ): Promise<SecureContext>
}

export type CertificateFault = 'untrusted' | 'expired' | 'wrong-name'

interface Authority {
  readonly certificate: x509.X509Certificate
  readonly privateKey: webcrypto.CryptoKey
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = {
  ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ...{ modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
}
const day = 24 * 60 * 60 * 1000
/** The names come from the target (SNI), so the cache is bounded. */
const maximumContexts = 1000

/**
 * The certificate authority of one run; nothing of it is stored. `pem`: certificate and PKCS #8 key (EC P-256) of one
 * that exists. Throws UsageError for another kind.
 */
export async function createCertificates(zone: string, pem?: string): Promise<Certificates> {
  const leafKeys = await newKeys()
  const authority = pem === undefined ? await newAuthority('Postern run') : await readAuthority(pem)
  const key = await privateKeyPem(leafKeys)
  const contexts = new Map<string, Promise<SecureContext>>()
  let stranger: Promise<Authority> | null = null
  let issued: Promise<webcrypto.CryptoKeyPair> | null = null

  const leaf = async (names: readonly string[], fault: CertificateFault | null) => {
    if (fault === 'untrusted') stranger ??= newAuthority('A stranger')
    const issuer = fault === 'untrusted' && stranger ? await stranger : authority
    const certified = fault === 'wrong-name' ? [`another-host.${zone}`] : names
    return signLeaf(issuer, leafKeys.publicKey, certified, fault === 'expired' ? -day : 7 * day)
  }

  return {
    ca: authority.certificate.toString('pem'),
    async issue(names) {
      // One for the whole run: it takes a while to find the primes.
      issued ??= newKeys(rsa)
      const keys = await issued
      const cert = await signLeaf(authority, keys.publicKey, names, 7 * day)
      return { key: await privateKeyPem(keys), cert }
    },
    context(names, fault, options = {}) {
      const id = JSON.stringify([names, fault, options])
      const known = contexts.get(id)
      if (known) return known
      if (contexts.size >= maximumContexts) contexts.clear()
      const made = leaf(names, fault).then((cert) => createSecureContext({ ...options, key, cert }))
      contexts.set(id, made)
      return made
    },
  }
}

function newKeys(kind: typeof algorithm | typeof rsa = algorithm): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(kind, true, ['sign', 'verify'])
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
}

async function newAuthority(name: string): Promise<Authority> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 30 * day),
    notAfter: new Date(Date.now() + 30 * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, privateKey: keys.privateKey }
}

async function readAuthority(pem: string): Promise<Authority> {
  const [certificate = ''] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(pem) ?? []
  const [key = ''] = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----/.exec(pem) ?? []
  try {
    return {
      certificate: new x509.X509Certificate(certificate),
      privateKey: await crypto.subtle.importKey(
        'pkcs8',
        x509.PemConverter.decodeFirst(key),
        algorithm,
        false,
        ['sign'],
      ),
    }
  } catch (cause) {
    const remedy =
      'make one with openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test" -keyout authority.pem -out authority.crt && cat authority.crt >>authority.pem'
    const expected = 'sandbox.authority: expected a certificate and its EC P-256 private key, both PEM'
    throw new UsageError(`${expected}; seen something else; ${remedy}`, { cause })
  }
}

/** `lifetime`: milliseconds from now, negative for one that has run out. */
async function signLeaf(
  issuer: Authority,
  publicKey: webcrypto.CryptoKey,
  names: readonly string[],
  lifetime: number,
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Postern',
    // As it stands there, to the octet: some compare names so, and there are several kinds of strings.
    issuer: issuer.certificate.subjectName,
    notBefore: new Date(Date.now() - 2 * day),
    notAfter: new Date(Date.now() + lifetime),
    publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) ? 'ip' : 'dns', value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  })
  return certificate.toString('pem')
}
