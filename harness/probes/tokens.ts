import type { Exchange } from '../model.ts'
import type { Api } from '../target/api.ts'
import type { Profile } from '../target/profile.ts'
import { NotApplicable, type Verify } from '../verify.ts'
import { type DecodedJwt, decodeJwt } from './jwt.ts'

/** A live access token and the identity that it stands for. */
export interface LiveToken extends DecodedJwt {
  readonly token: string
  /** The id that `principal.get` answers to it. */
  readonly identity: string
  readonly baseline: Exchange
}

/**
 * The token of a principal, seen to authenticate, beside a made-up one, seen not to (C1, C2). Throws NotApplicable
 * where the target's tokens are no JWTs.
 */
export async function liveToken(api: Api, verify: Verify, principal = 'admin'): Promise<LiveToken> {
  const { token } = await api.credential(principal)
  const decoded = decodeJwt(token)
  if (decoded === null) throw new NotApplicable(`the credential of ${principal} is no JSON Web Token`)
  const baseline = await api.call('principal.get', {}, principal)
  const identity = baseline.result?.['id']
  verify.held(
    typeof identity === 'string',
    `principal.get as ${principal} was answered ${baseline.response?.status ?? baseline.failure} and gave no id`,
    'map principal.get in the profile, with result.id',
  )
  const garbage = await api.call('principal.get', {}, { bearer: 'bm90.YQ.dG9rZW4' })
  verify.held(garbage.answer !== 'accepted', 'a made-up token was accepted: everything is')
  return { ...decoded, token, identity: String(identity), baseline }
}

type Jwk = Readonly<Record<string, unknown>>

/** The public keys of the JWK Set (RFC 7517 §5) that the profile names. */
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
      ? keys.filter((key): key is Jwk => typeof key === 'object' && key !== null)
      : []
  } catch {
    return []
  }
}
