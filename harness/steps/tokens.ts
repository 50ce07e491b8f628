import { createPublicKey } from 'node:crypto'
import type { Kit } from '../check/kit.ts'
import { isObject, readJson } from '../json.ts'
import type { Severity } from '../model.ts'
import {
  type DecodedJwt,
  decodeJwt,
  forgeJwt,
  notePublished,
  type Signing,
  signingBy,
} from '../probes/jwt.ts'
import type { Profile } from '../profile/profile.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { judgeDenial } from './denials.ts'
import { doorOf } from './doors.ts'

/** A live access token, and a read that tells whom a token lets in. */
export interface LiveToken extends DecodedJwt {
  readonly token: string
  /** Whether it lets in whom the live one does, shown where the target looks for that: a header of its own, a cookie. */
  opens(token: string): Promise<boolean>
  /** A verdict: whoever shows this token, in the name of its holder or another principal, is nobody. An error that repeats what it says names nobody. */
  refused(token: string, expected: string, shown?: Forged): Promise<void>
}

/** Of a token that is to be refused. */
export interface Forged {
  /** The principal whom it names; who holds the live token where it is left out. */
  readonly inNameOf?: string | undefined
  /** Where being let in by it gains less than the check is about. */
  readonly severity?: Severity | undefined
}

/**
 * The token of a principal, seen to authenticate, beside a made-up one, seen not to (C1, C2). Throws NotApplicable where the
 * target's tokens are no JWTs.
 */
export async function liveToken(
  { api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  principal = 'admin',
): Promise<LiveToken> {
  const credential = await api.credential(principal)
  const { kind, token, headers, query, body = [] } = credential
  const decoded = decodeJwt(token)
  if (decoded === null) throw new NotApplicable(`the credential of ${principal} is no JSON Web Token`)
  verify.held(
    kind === 'basic' || [...headers, ...query, ...body].some(([, value]) => value.includes(token)),
    'the token does not stand in the headers or the query of the session as it is, so that no forged one can be put there',
    'have the profile’s session put the token into a header, a cookie or the query',
  )
  const door = await doorOf({ api, mailbox, verify }, principal, credential, 'bm90.YQ.dG9rZW4', {
    refersTo: principal,
  })
  return {
    ...{ ...decoded, token },
    opens: async (other) => (await door.show(other)).caller === door.identity,
    async refused(other, expected, { inNameOf, severity } = {}) {
      const shown = async () => {
        const { exchange, caller } = await door.show(other, { inNameOf })
        const actual = `${api.said(exchange)}, and the caller is ${caller}`
        verify.that(caller === null, { severity, expected, actual })
        return exchange
      }
      await judgeDenial({ verify }, shown, async () => verify.accepted((await door.show(token)).exchange))
    },
  }
}

/** A guard: what such a key has signed lets nobody in. Where it does, signatures are not verified, and no key is told from another. */
export async function refusedBefore(
  { verify }: Pick<Kit, 'verify'>,
  { opens }: Pick<LiveToken, 'opens'>,
  control: string,
  key: string,
): Promise<void> {
  verify.held(
    !(await opens(control)),
    `a token signed by ${key} was accepted, so that the keys of others cannot be told from it`,
    'see what auth/jwt-sig-invalid finds, and run again once signatures are verified',
  )
}

/** Whom a forged token may claim to be. */
export interface Identity {
  readonly whose: string
  readonly payload: object
  /** The principal; who holds the live token where it is left out. */
  readonly inNameOf?: string
}

/** Who holds the live token, and the neighbour, who is of another tenant, where there is one. */
export async function identities({ api }: Pick<Kit, 'api'>, own: LiveToken): Promise<Identity[]> {
  const mine = { whose: 'own identity', payload: own.payload }
  if (api.profile.principals['neighbour'] === undefined) return [mine]
  const foreign = decodeJwt((await api.credential('neighbour')).token)
  if (foreign === null) return [mine]
  const payload = { ...own.payload, ...foreign.payload }
  return [mine, { whose: 'the neighbour’s identity', payload, inNameOf: 'neighbour' }]
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
  for (const key of keys) notePublished(key, url.href)
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
