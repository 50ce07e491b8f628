import { createPublicKey } from 'node:crypto'
import type { Api, As } from '../api/api.ts'
import type { LiveCredential } from '../api/principals.ts'
import type { Pairs } from '../api/request.ts'
import type { Kit } from '../check/kit.ts'
import { isObject, readJson } from '../json.ts'
import { type DecodedJwt, decodeJwt, forgeJwt, type Signing, signingBy } from '../probes/jwt.ts'
import type { Profile } from '../profile/profile.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'

/** A live access token and the identity that it stands for. */
export interface LiveToken extends DecodedJwt {
  readonly token: string
  /** The id that `principal.get` answers to it. */
  readonly identity: string
  /** A caller who shows this token where the target looks for the live one: a header of its own, a cookie. */
  present(token: string): As
  /** A verdict: whoever shows this token is nobody. An error that repeats what it says names nobody. */
  refused(token: string, expected: string): Promise<void>
}

/**
 * The token of a principal, seen to authenticate, beside a made-up one, seen not to (C1, C2). Throws NotApplicable
 * where the target's tokens are no JWTs.
 */
export async function liveToken(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  principal = 'admin',
): Promise<LiveToken> {
  const credential = await api.credential(principal)
  const { token, headers, query } = credential
  const decoded = decodeJwt(token)
  if (decoded === null) throw new NotApplicable(`the credential of ${principal} is no JSON Web Token`)
  const baseline = await api.call('principal.get', {}, principal)
  const identity = baseline.result?.['id']
  verify.held(
    typeof identity === 'string',
    `principal.get as ${principal} was answered ${api.said(baseline)} and gave no id`,
    'map principal.get in the profile, with result.id',
  )
  const present = (other: string) => withSecret(credential, other)
  verify.held(
    [...headers, ...query].some(([, value]) => value.includes(token)),
    'the token does not stand in the headers or the query of the session as it is, so that no forged one can be put there',
    'have the profile’s session put the token into a header, a cookie or the query',
  )
  const shown = await api.call('principal.get', {}, present(token))
  verify.held(
    shown.result?.['id'] === identity,
    'the live token is refused where forged ones would be shown',
    'have the profile’s session put the token into a header or a cookie',
  )
  const garbage = await api.call('principal.get', {}, present('bm90.YQ.dG9rZW4'))
  verify.held(garbage.result?.['id'] === undefined, 'a made-up token was accepted: everything is')
  return {
    ...{ ...decoded, token, identity: String(identity), present },
    async refused(other, expected) {
      const exchange = await api.call('principal.get', {}, present(other))
      const seen = exchange.result?.['id']
      const actual = `${exchange.response?.status ?? exchange.failure}, and the caller is ${seen}`
      if (verify.that(seen === undefined, { expected, actual })) verify.answered(exchange)
    },
  }
}

/** What a forged token may claim: to be who holds the live one, or the neighbour, who is of another tenant. */
export async function identities(
  kit: Pick<Kit, 'api' | 'verify'>,
  own: LiveToken,
): Promise<{ readonly whose: string; readonly payload: object }[]> {
  const foreign = await liveToken(kit, 'neighbour')
  return [
    { whose: 'own identity', payload: own.payload },
    { whose: 'the neighbour’s identity', payload: { ...own.payload, ...foreign.payload } },
  ]
}

/**
 * A caller who shows this key where the principal shows its own, and all else as it does: as bearer token, as Basic's password, in
 * a header or the query. Throws NotApplicable where the principal shows none, but signs.
 */
export async function inPlaceOf(api: Api, principal: string, key: string): Promise<As> {
  const credential = await api.credential(principal)
  if (credential.kind === 'sigv4')
    throw new NotApplicable(
      `${principal} signs with an access key of two parts, and one secret cannot replace it`,
    )
  return withSecret(credential, key)
}

function withSecret({ kind, token, headers, query }: LiveCredential, other: string): As {
  const replaced = (text: string) => text.replaceAll(token, () => other)
  const basic = (value: string) => {
    const pair = Buffer.from(value.replace(/^Basic /, ''), 'base64').toString()
    return `Basic ${Buffer.from(replaced(pair)).toString('base64')}`
  }
  const all = (pairs: Pairs, change: (value: string) => string): Pairs =>
    pairs.map(([name, value]) => [name, change(value)])
  return { headers: all(headers, kind === 'basic' ? basic : replaced), query: all(query, replaced) }
}

/** The operation's own caller with another secret: where a key opens message.send, that key in its place, else a bearer. */
export async function keyInPlace(api: Api, secret: string): Promise<As> {
  const sender = api.profile.operations['message.send']?.as ?? null
  const isKey = sender !== null && api.profile.principals[sender]?.session === undefined
  return isKey ? inPlaceOf(api, sender, secret) : { bearer: secret }
}

/** Signs as the target does, by the key that the profile has. Throws Unproven where that cannot sign so. */
export function ownSigning(profile: Profile, token: DecodedJwt): Signing {
  const alg = String(token.header['alg'])
  const signing = signingBy(alg, profile.jwt?.signingKey ?? '')
  try {
    forgeJwt({}, {}, signing)
  } catch (error) {
    // OpenSSL's message says nothing of the key, and little to a user.
    const { code = 'an error' } = error as NodeJS.ErrnoException
    throw new Unproven(
      `jwt.signingKey of the profile cannot sign by ${alg}, as the target does (${code})`,
      'give the profile the PEM of the private key that the target signs with, or its text where the algorithm is HS256, HS384 or HS512',
    )
  }
  return signing
}

type Jwk = Readonly<Record<string, unknown>>

/** The keys of signatures by a private key in the JWK Set (RFC 7517 §5) that the profile names; what is no key is left out. */
export async function publishedKeys({
  api,
  profile,
  verify,
}: Pick<Kit, 'api' | 'profile' | 'verify'>): Promise<Jwk[]> {
  const url = new URL(profile.jwt?.jwks ?? '', profile.target.url)
  const exchange = await api.send(
    { method: 'GET', origin: url.origin, path: url.pathname + url.search, headers: [], body: null },
    { operation: null, principal: 'anonymous' },
  )
  const keys = readKeys(exchange.response?.body ?? '')
  verify.held(
    keys.length > 0,
    `${url.pathname} gave no JWK Set with a key that can be read`,
    'see jwt.jwks in the profile',
  )
  return keys
}

function readKeys(text: string): Jwk[] {
  const set = readJson(text)
  const keys: unknown = isObject(set) ? set['keys'] : null
  if (!Array.isArray(keys)) return []
  return keys.filter(
    (key: unknown): key is Jwk =>
      isObject(key) &&
      ['RSA', 'EC', 'OKP'].some((kty) => kty === key['kty']) &&
      key['use'] !== 'enc' &&
      isPublicKey(key),
  )
}

function isPublicKey(jwk: Jwk): boolean {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}
