import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { forgeJwt, hmac, type Signing, type SigningAlgorithm } from './jwt.ts'

/** What a client signs by (RFC 7523 §2.2). */
export interface ClientKey {
  /** PEM of the private key. */
  readonly pem: string
  readonly alg: SigningAlgorithm
  /** As it is registered; `null` where nothing is said. */
  readonly kid: string | null
  /** Whom its assertions are for. */
  readonly audience: string
}

export interface AssertionChange {
  /** Instead of that by its own key, with the `alg` that says so. */
  readonly signing?: { readonly alg: string; readonly by: Signing }
  readonly claims?: Readonly<Record<string, unknown>>
}

/** Seconds. */
const life = 60

/** A token by which a client says who it is, of this moment and used nowhere yet (RFC 7523 §3). */
export function clientAssertion(
  client: string,
  { pem, alg, kid, audience }: ClientKey,
  { signing, claims }: AssertionChange = {},
): string {
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: signing?.alg ?? alg, typ: 'JWT', kid: kid ?? undefined }
  const said = { iss: client, sub: client, aud: audience, jti: randomUUID(), iat: now, exp: now + life }
  return forgeJwt(header, { ...said, ...claims }, signing?.by ?? { kind: 'key', pem, alg })
}

/** The members of a form that show it (RFC 7521 §4.2). */
export function assertionForm(client: string, assertion: string): [string, string][] {
  return [
    ['client_id', client],
    ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['client_assertion', assertion],
  ]
}

/** What keys of that kind mostly sign by; throws where the text is no private key that signs. */
export function usualAlgorithm(pem: string): SigningAlgorithm {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = createPrivateKey(pem)
  if (kind === 'rsa') return 'RS256'
  if (kind === 'rsa-pss') return 'PS256'
  if (kind === 'ed25519') return 'EdDSA'
  const curves = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' } as const
  const alg = Object.entries(curves).find(([name]) => name === details?.namedCurve)?.[1]
  if (alg === undefined) throw new TypeError(`no algorithm of JWA is for keys of ${kind}`)
  return alg
}

/** What is no signature of the client: by nobody, by another key of the kind, and by its public key as the secret of an HMAC (RFC 8725 §2.1). */
export function otherSignings({ pem, alg }: ClientKey) {
  const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString()
  return {
    unsigned: { alg: 'none', by: { kind: 'none' } },
    byAnother: { alg, by: { kind: 'key', pem: keyLike(pem), alg } },
    byItsPublicKey: { alg: 'HS256', by: hmac('HS256', new TextEncoder().encode(publicPem)) },
  } as const satisfies Readonly<Record<string, NonNullable<AssertionChange['signing']>>>
}

function keyLike(pem: string): string {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = createPrivateKey(pem)
  const made =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: details?.namedCurve ?? 'P-256' })
      : kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: details?.modulusLength ?? 2048 })
  return made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
