import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { isObject, readJson } from '../json.ts'
import type { HttpResponse } from '../model.ts'
import { forgeJwt, type Signing } from './jwt.ts'

/** A key that a client proves to hold (RFC 9449 §4). */
export interface ProofKey {
  readonly jwk: Readonly<Record<string, unknown>>
  readonly signing: Signing
}

/** What a proof says of the request that it goes with; epoch seconds. */
export interface ProofOf {
  readonly htm: string
  readonly htu: string
  /** The access token that is shown beside it. */
  readonly token?: string | undefined
  readonly iat?: number
  readonly jti?: string
  /** What the server wants it to bear (RFC 9449 §8). */
  readonly nonce?: string | undefined
  readonly header?: Readonly<Record<string, unknown>>
  readonly signing?: Signing
}

/** An ES256 key of our own. */
export function newProofKey(): ProofKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }) },
    signing: { kind: 'key', pem: pemOf(privateKey), alg: 'ES256' },
  }
}

/** By which the key is known (RFC 7638). */
export function thumbprintOf({ jwk }: ProofKey): string {
  const { crv, kty, x, y } = jwk
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

/** The value of a DPoP field (RFC 9449 §4.2). */
export function proofOf(
  { jwk, signing: own }: ProofKey,
  {
    htm,
    htu,
    token,
    iat = Math.floor(Date.now() / 1000),
    jti = randomUUID(),
    nonce,
    header = {},
    signing = own,
  }: ProofOf,
): string {
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }
  const asked = nonce === undefined ? {} : { nonce }
  return forgeJwt(
    { typ: 'dpop+jwt', alg: 'ES256', jwk, ...header },
    { jti, htm, htu, iat, ...ath, ...asked },
    signing,
  )
}

/** The nonce that the next proof is to bear (RFC 9449 §8.2); `undefined` where the answer names none. */
export function nonceIn(response: Pick<HttpResponse, 'headers'> | null): string | undefined {
  const [, nonce] = response?.headers.find(([name]) => name === 'dpop-nonce') ?? []
  return nonce === '' ? undefined : nonce
}

/** Whether a proof was refused for want of that nonce: by a token endpoint (RFC 9449 §8), or by an API (§9). */
export function asksForNonce(response: Pick<HttpResponse, 'headers' | 'body'> | null): boolean {
  if (response === null || nonceIn(response) === undefined) return false
  const body = readJson(response.body)
  const challenges = response.headers.filter(([name]) => name === 'www-authenticate')
  return (
    (isObject(body) && body['error'] === 'use_dpop_nonce') ||
    challenges.some(([, value]) => /\berror="?use_dpop_nonce\b/.test(value))
  )
}

function pemOf(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }))
}
