import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { deadlineAfter } from './deadline.ts'
import { causeOf, NoStarttls, openForTls, type TlsEndpoint } from './tls.ts'

/** A certificate that a server has presented. */
export interface Presented {
  readonly kind: 'presented'
  /** Where it was seen. */
  readonly address: string
  /** The server's own first, then each that signed the one before, as far as they are known. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  /** OpenSSL's word for why nobody who is trusted vouches for it; `null` where somebody does, whatever else is wrong with it. */
  readonly mistrust: string | null
  /** OpenSSL's word for what it does not take; `null` where it takes it. Names are not among it. */
  readonly refusal: string | null
}

export type Presentation =
  | Presented
  | {
      readonly kind: 'no-starttls' | 'unreachable' | 'no-handshake'
      readonly address: string
      readonly reason: string
    }

export interface CertificateEndpoint extends TlsEndpoint {
  /** The address of `host` that is connected to. */
  readonly address: string
  /** PEM of authorities that are trusted besides the system's. */
  readonly ca: readonly string[]
}

/**
 * The certificates that a server presents: the one to everybody, and the one to clients that know keys of the other kind
 * alone, where it has one. Whatever is wrong with them is no obstacle. Never throws for what the server does.
 */
export async function certificatesOf(endpoint: CertificateEndpoint): Promise<readonly Presentation[]> {
  const first = await presentation(endpoint)
  if (first.kind !== 'presented') return [first]
  const isRsa = first.chain[0].publicKey.asymmetricKeyType?.startsWith('rsa') ?? false
  const second = await presentation(endpoint, isRsa ? elliptic : rsa)
  const isOther =
    second.kind === 'presented' && second.chain[0].fingerprint256 !== first.chain[0].fingerprint256
  return isOther ? [first, second] : [first]
}

/** For evidence: whose certificate it is, by whom, and from when to when. */
export function describeCertificate({ chain: [own], address }: Presented): string {
  const { subject, issuer, subjectAltName, validFromDate, validToDate } = own
  return [
    `at ${address}: certificate of ${oneLine(subject) || 'nobody'} for ${subjectAltName ?? 'no name'}`,
    `issued by ${oneLine(issuer)}`,
    `valid from ${day(validFromDate)} to ${day(validToDate)}`,
    `key ${describeKey(own)}, signed with ${own.signatureAlgorithm ?? own.signatureAlgorithmOid}`,
  ].join('; ')
}

/** Whoever signs what names itself as its issuer is itself: no signature that anybody relies on. */
export function isOwnIssuer(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate)
}

export function describeKey({ publicKey }: X509Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
  const size = modulusLength === undefined ? namedCurve : `${modulusLength} bits`
  return [publicKey.asymmetricKeyType, size].filter(Boolean).join(' ')
}

const oneLine = (name: string) => name.trim().replaceAll('\n', ', ')
const day = (date: Date) => date.toISOString().slice(0, 10)

const elliptic = 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:ECDSA+SHA1'
const rsa = [256, 384, 512]
  .map((bits) => `rsa_pss_rsae_sha${bits}:rsa_pss_pss_sha${bits}:RSA+SHA${bits}`)
  .join(':')

async function presentation(endpoint: CertificateEndpoint, sigalgs?: string): Promise<Presentation> {
  const { address, host, serverName = host, within = 10_000, ca } = endpoint
  const until = deadlineAfter(within)
  const missing = (kind: 'no-starttls' | 'unreachable' | 'no-handshake', error: unknown) => ({
    ...{ kind, address },
    reason: error instanceof NoStarttls ? error.message : causeOf(error),
  })
  let socket: Awaited<ReturnType<typeof openForTls>>
  try {
    socket = await openForTls({ ...endpoint, host: address }, within, until)
  } catch (error) {
    return missing(error instanceof NoStarttls ? 'no-starttls' : 'unreachable', error)
  }
  const secure = connect({
    socket,
    secureContext: context(ca, sigalgs),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(serverName === null || isIP(serverName) !== 0 ? {} : { servername: serverName }),
  })
  try {
    await once(secure, 'secureConnect', { signal: until })
    const own = secure.getPeerX509Certificate()
    if (own === undefined) return missing('no-handshake', new Error('no certificate was presented'))
    const chain = chainOf(own)
    const said = secure.authorizationError
    // It is the code, whatever the types say.
    const refusal = said === null || said === undefined ? null : String(said)
    return { kind: 'presented', address, chain, refusal, mistrust: mistrustOf(chain, refusal, ca) }
  } catch (error) {
    return missing('no-handshake', error)
  } finally {
    secure.on('error', () => {})
    secure.destroy()
    socket.destroy()
  }
}

/** At most: a server may send any number. */
const longestChain = 10

function chainOf(own: X509Certificate): Presented['chain'] {
  const issuers: X509Certificate[] = []
  let last = own
  while (issuers.length < longestChain) {
    const next = last.issuerCertificate
    if (next === undefined || next.fingerprint256 === last.fingerprint256) break
    issuers.push(next)
    last = next
  }
  return [own, ...issuers]
}

/** What is said of certificates whoever signed them. */
const notOfTrust = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'INVALID_PURPOSE'])

/** OpenSSL tells the last that it found: behind it there may stand that nobody is trusted. */
function mistrustOf(chain: Presented['chain'], refusal: string | null, ca: readonly string[]): string | null {
  if (refusal === null || !notOfTrust.has(refusal)) return refusal
  return leadsTo(authorities(ca), chain) ? null : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
}

function leadsTo(anchors: readonly X509Certificate[], chain: Presented['chain']): boolean {
  for (const [at, certificate] of chain.entries()) {
    const by = (issuer: X509Certificate) =>
      certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
    if (anchors.some((anchor) => anchor.fingerprint256 === certificate.fingerprint256 || by(anchor)))
      return true
    const next = chain[at + 1]
    if (next === undefined || !next.ca || !by(next)) return false
  }
  return false
}

const contexts = new Map<string, SecureContext>()

/** Takes what OpenSSL's own level of security would not even look at. Reading hundreds of authorities takes a while. */
function context(ca: readonly string[], sigalgs: string | undefined): SecureContext {
  const key = JSON.stringify([ca, sigalgs])
  const known =
    contexts.get(key) ??
    createSecureContext({
      ca: [...getCACertificates('default'), ...ca],
      ciphers: 'DEFAULT:@SECLEVEL=0',
      minVersion: 'TLSv1',
      ...(sigalgs === undefined ? {} : { sigalgs }),
    })
  contexts.set(key, known)
  return known
}

function authorities(ca: readonly string[]): X509Certificate[] {
  const blocks = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g
  return [...getCACertificates('default'), ...ca.flatMap((pem) => pem.match(blocks) ?? [])].map(
    (pem) => new X509Certificate(pem),
  )
}
