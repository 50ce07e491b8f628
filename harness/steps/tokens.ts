import type { Api, As } from '../api/api.ts'
import type { Verify } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type DecodedJwt, decodeJwt } from '../probes/jwt.ts'
import type { Profile } from '../profile/profile.ts'
import { NotApplicable } from '../verdicts.ts'

/** A live access token and the identity that it stands for. */
export interface LiveToken extends DecodedJwt {
  readonly token: string
  /** The id that `principal.get` answers to it. */
  readonly identity: string
  readonly baseline: Exchange
  /** A caller who shows this token where the target looks for the live one: a header of its own, a cookie. */
  present(token: string): As
}

/**
 * The token of a principal, seen to authenticate, beside a made-up one, seen not to (C1, C2). Throws NotApplicable
 * where the target's tokens are no JWTs.
 */
export async function liveToken(api: Api, verify: Verify, principal = 'admin'): Promise<LiveToken> {
  const { token, headers } = await api.credential(principal)
  const decoded = decodeJwt(token)
  if (decoded === null) throw new NotApplicable(`the credential of ${principal} is no JSON Web Token`)
  const baseline = await api.call('principal.get', {}, principal)
  const identity = baseline.result?.['id']
  verify.held(
    typeof identity === 'string',
    `principal.get as ${principal} was answered ${baseline.response?.status ?? baseline.failure} and gave no id`,
    'map principal.get in the profile, with result.id',
  )
  const present = (other: string): As => ({
    headers: headers.map(([name, value]) => [name, value.replace(token, () => other)] as const),
  })
  verify.held(
    headers.some(([, value]) => value.includes(token)),
    'the token does not stand in the headers of the session as it is, so that no forged one can be put there',
    'have the profile’s session put the token into a header or a cookie',
  )
  const shown = await api.call('principal.get', {}, present(token))
  verify.held(
    shown.result?.['id'] === identity,
    'the live token is refused where forged ones would be shown',
    'have the profile’s session put the token into a header or a cookie',
  )
  const garbage = await api.call('principal.get', {}, present('bm90.YQ.dG9rZW4'))
  verify.held(garbage.result?.['id'] === undefined, 'a made-up token was accepted: everything is')
  return { ...decoded, token, identity: String(identity), baseline, present }
}

/**
 * A caller who shows this key where the principal shows its own: as bearer token, as Basic's password, in a header. Throws
 * NotApplicable where the principal shows none, but signs.
 */
export async function inPlaceOf(api: Api, principal: string, key: string): Promise<As> {
  const { kind, token, headers } = await api.credential(principal)
  if (kind === 'sigv4')
    throw new NotApplicable(
      `${principal} signs with an access key of two parts, and one secret cannot replace it`,
    )
  const basic = (value: string) => {
    const pair = Buffer.from(value.replace(/^Basic /, ''), 'base64').toString()
    return `Basic ${Buffer.from(pair.replace(token, () => key)).toString('base64')}`
  }
  return {
    headers: headers.map(([name, value]) => [
      name,
      kind === 'basic' ? basic(value) : value.replace(token, () => key),
    ]),
  }
}

type Jwk = Readonly<Record<string, unknown>>

/** The keys of signatures by a private key in the JWK Set (RFC 7517 §5) that the profile names. */
export async function publishedKeys(api: Api, profile: Profile, verify: Verify): Promise<Jwk[]> {
  const url = new URL(profile.jwt?.jwks ?? '', profile.target.url)
  const exchange = await api.send(
    { method: 'GET', origin: url.origin, path: url.pathname + url.search, headers: [], body: null },
    { operation: null, principal: 'anonymous' },
  )
  const keys = readKeys(exchange.response?.body ?? '')
  verify.held(keys.length > 0, `${url.pathname} gave no JWK Set`, 'see jwt.jwks in the profile')
  return keys
}

function readKeys(text: string): Jwk[] {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown }
    return Array.isArray(keys)
      ? keys.filter(
          (key): key is Jwk =>
            typeof key === 'object' &&
            key !== null &&
            ['RSA', 'EC', 'OKP'].includes(key.kty) &&
            key.use !== 'enc',
        )
      : []
  } catch {
    return []
  }
}
