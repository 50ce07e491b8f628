import { createHash, randomBytes } from 'node:crypto'
import { isObject, readJson } from '../json.ts'
import type { HttpResponse } from '../model.ts'

/** What a client proves that it began the flow by (RFC 7636 §4.1). */
export interface Proof {
  readonly verifier: string
  readonly challenge: string
}

/** A verifier of so many random bytes, 43 characters for 32, and its S256 challenge. */
export function newProof(bytes = 32): Proof {
  const verifier = randomBytes(bytes).toString('base64url')
  return { verifier, challenge: challengeOf(verifier) }
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** What a token endpoint gave (RFC 6749 §5.1). */
export interface TokenSet {
  readonly access: string
  /** `Bearer`, `DPoP`, … */
  readonly type: string
  readonly refresh: string | null
  /** `null` where the answer says nothing: those that were asked for. */
  readonly scopes: readonly string[] | null
  /** Seconds; `null` where the answer says nothing. */
  readonly expiresIn: number | null
}

/** `null` where there is no access token in the answer, whatever its status. */
export function tokensIn(response: Pick<HttpResponse, 'body'> | null): TokenSet | null {
  const body = readJson(response?.body ?? '')
  if (!isObject(body)) return null
  const { access_token: access, token_type: type, refresh_token: refresh, scope, expires_in: ends } = body
  if (typeof access !== 'string' || access === '') return null
  return {
    access,
    type: typeof type === 'string' ? type : 'Bearer',
    refresh: typeof refresh === 'string' && refresh !== '' ? refresh : null,
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : null,
    expiresIn: Number.isFinite(Number(ends ?? Number.NaN)) ? Number(ends) : null,
  }
}

/** What an authorization response says (RFC 6749 §4.1.2, and of other response modes): in query, fragment, and a form that was posted. */
export function saidIn(url: URL, posted: Iterable<[string, string]> = []): URLSearchParams {
  return new URLSearchParams([
    ...new URLSearchParams(url.search),
    ...new URLSearchParams(url.hash.slice(1)),
    ...posted,
  ])
}

/** Of `https://host/path` where its metadata is, in the order of RFC 8414 §3 and §5: by the standard of OAuth, and by that of OpenID Connect. */
export function metadataPlaces(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/+$/, '')
  return [
    ...new Set([
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}${path}/.well-known/oauth-authorization-server`,
    ]),
  ]
}

/** HTTP Basic of a client (RFC 6749 §2.3.1): both parts are form-encoded before. */
export function basicOf(id: string, secret: string): string {
  const encoded = (text: string) => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`
}
