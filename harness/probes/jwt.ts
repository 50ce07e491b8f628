import { constants, createHmac, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { isObject, readJson } from '../json.ts'
import { isMade, noteMade } from '../made-values.ts'
import { type KnownForm, type LiveJwt, remade } from './forgery.ts'

export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
  /** The three parts as they are, the signature possibly empty. */
  readonly parts: readonly [header: string, payload: string, signature: string]
}

/** Reads a compact JWS (RFC 7515 §7.1) without verifying anything; `null` where the text is none. */
export function decodeJwt(token: string): DecodedJwt | null {
  const [header, payload, signature, ...rest] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return null
  const [h, p] = [readObject(header), readObject(payload)]
  if (h === null || p === null) return null
  const decoded: DecodedJwt = { header: h, payload: p, parts: [header, payload, signature] }
  if (!isMade(token)) lives.set(token, { ...decoded, token })
  const [first] = lives.keys()
  if (lives.size > mostLives && first !== undefined) lives.delete(first)
  return decoded
}

/** Tokens that were read, of which others may be made. */
const lives = new Map<string, LiveJwt>()
const mostLives = 100

/** How the third part is made; nothing of it is checked against the header's alg, which may lie. */
export type Signing =
  /** The empty signature of an unsecured token (RFC 7519 §6.1). */
  | { readonly kind: 'none' }
  /** No third part and no second dot. */
  | { readonly kind: 'two-parts' }
  /** These characters, such as the signature of another token. */
  | { readonly kind: 'verbatim'; readonly signature: string }
  | {
      readonly kind: 'hmac'
      readonly hash: 'sha256' | 'sha384' | 'sha512'
      readonly key: Uint8Array | string
    }
  /** By a private key, with the algorithm of JWA's name (RFC 7518 §3.1). */
  | { readonly kind: 'key'; readonly pem: string; readonly alg: SigningAlgorithm }

export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/**
 * A compact token of exactly this header and payload, in the order of their members; a string is taken as the JSON text
 * itself, so that duplicate members can be written. Members that are `undefined` are left out.
 */
export function forgeJwt(header: object | string, payload: object | string, signing: Signing): string {
  const token = compact(header, payload, signing)
  const forgery = { header, payload, signing, now: Math.floor(Date.now() / 1000) }
  const form =
    signing.kind === 'hmac' && typeof signing.key === 'object' ? (forms.get(signing.key) ?? null) : null
  noteMade(token, () => remade(forgery, [...lives.values()], form))
  return token
}

function compact(header: object | string, payload: object | string, signing: Signing): string {
  const input = `${base64url(jsonText(header))}.${base64url(jsonText(payload))}`
  switch (signing.kind) {
    case 'none':
      return `${input}.`
    case 'two-parts':
      return input
    case 'verbatim':
      return `${input}.${signing.signature}`
    case 'hmac':
      return `${input}.${createHmac(signing.hash, signing.key).update(input).digest('base64url')}`
    case 'key':
      return `${input}.${signWith(signing.pem, signing.alg, input)}`
  }
}

/** The Signing of an HMAC algorithm of JWA. */
export function hmac(alg: 'HS256' | 'HS384' | 'HS512', key: Uint8Array | string): Signing {
  const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const
  return { kind: 'hmac', hash: hashes[alg], key }
}

/** The Signing of an algorithm of JWA by a secret of its kind: text for HMAC, else the PEM of a private key. */
export function signingBy(alg: string, secret: string): Signing {
  if (alg === 'HS256' || alg === 'HS384' || alg === 'HS512') return hmac(alg, secret)
  return { kind: 'key', pem: secret, alg: alg as SigningAlgorithm }
}

export interface HmacKeyForm {
  readonly name: string
  readonly key: Uint8Array
}

/** By the key itself: what it was made of. */
const forms = new WeakMap<object, KnownForm>()
/** By the key: in which published set it stands. */
const published = new WeakMap<object, string>()

/** The key stands in the set that is published there. */
export function notePublished(jwk: object, url: string): void {
  published.set(jwk, url)
}

/**
 * Every form in which a verifier may hold a public key and take it for an HMAC secret (RFC 8725 §2.1, CVE-2016-10555).
 * `jwk` is one member of a JWK Set; throws where it is no public key of RSA, EC or OKP.
 */
export function hmacKeyForms(jwk: Readonly<Record<string, unknown>>): HmacKeyForm[] {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const url = published.get(jwk)
  return [
    ...pemForms('pem-spki', key, 'spki'),
    ...(key.asymmetricKeyType === 'rsa' ? pemForms('pem-pkcs1', key, 'pkcs1') : []),
    derForm('der-spki', key, 'spki'),
    ...(key.asymmetricKeyType === 'rsa' ? [derForm('der-pkcs1', key, 'pkcs1')] : []),
    { name: 'jwk-json', key: Buffer.from(JSON.stringify(jwk)), expression: 'JSON.stringify(jwk)' },
    {
      name: 'jwk-json-bare',
      key: Buffer.from(JSON.stringify(key.export({ format: 'jwk' }))),
      expression: `JSON.stringify(${publicKey}.export({ format: "jwk" }))`,
    },
    ...rawForms(jwk),
    ...certificateForms(jwk),
  ].map(({ expression, ...form }) => {
    if (url !== undefined) forms.set(form.key, { expression, url })
    return form
  })
}

/** With the expression for Node.js that makes the same of `jwk`. */
type WrittenForm = HmacKeyForm & { readonly expression: string }

const publicKey = 'crypto.createPublicKey({ key: jwk, format: "jwk" })'

function pemForms(name: string, key: KeyObject, type: 'spki' | 'pkcs1'): WrittenForm[] {
  const pem = String(key.export({ type, format: 'pem' }))
  const expression = `${publicKey}.export({ type: "${type}", format: "pem" })`
  return [
    { name, key: Buffer.from(pem), expression },
    {
      name: `${name}-without-newline`,
      key: Buffer.from(pem.trimEnd()),
      expression: `${expression}.trimEnd()`,
    },
  ]
}

function derForm(name: string, key: KeyObject, type: 'spki' | 'pkcs1'): WrittenForm {
  return {
    name,
    key: key.export({ type, format: 'der' }),
    expression: `${publicKey}.export({ type: "${type}", format: "der" })`,
  }
}

function rawForms({ n, x, y }: Readonly<Record<string, unknown>>): WrittenForm[] {
  const bytes = (value: string) => Buffer.from(value, 'base64url')
  const written = (name: string) => `Buffer.from(jwk.${name}, "base64url")`
  if (typeof n === 'string')
    return [
      { name: 'modulus', key: bytes(n), expression: written('n') },
      { name: 'modulus-text', key: Buffer.from(n), expression: 'jwk.n' },
    ]
  if (typeof x === 'string' && typeof y === 'string')
    return [
      {
        name: 'point',
        key: Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]),
        expression: `Buffer.concat([Buffer.from([4]), ${written('x')}, ${written('y')}])`,
      },
    ]
  return typeof x === 'string' ? [{ name: 'point', key: bytes(x), expression: written('x') }] : []
}

/** Of the first certificate of `x5c` (RFC 7517 §4.7), where there is one: many have no more than its file of the key. */
function certificateForms({ x5c }: Readonly<Record<string, unknown>>): WrittenForm[] {
  const text: unknown = Array.isArray(x5c) ? x5c[0] : undefined
  if (typeof text !== 'string') return []
  const der = Buffer.from(text, 'base64')
  const forms = [
    { name: 'certificate-text', key: Buffer.from(text), expression: 'jwk.x5c[0]' },
    { name: 'der-certificate', key: der, expression: 'Buffer.from(jwk.x5c[0], "base64")' },
  ]
  const pem = pemOfCertificate(der)
  if (pem === null) return forms
  const expression = 'new crypto.X509Certificate(Buffer.from(jwk.x5c[0], "base64")).toString()'
  return [
    { name: 'pem-certificate', key: Buffer.from(pem), expression },
    {
      name: 'pem-certificate-without-newline',
      key: Buffer.from(pem.trimEnd()),
      expression: `${expression}.trimEnd()`,
    },
    ...forms,
  ]
}

function pemOfCertificate(der: Buffer): string | null {
  try {
    return new X509Certificate(der).toString()
  } catch {
    return null
  }
}

function signWith(pem: string, alg: SigningAlgorithm, input: string): string {
  const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`
  // RFC 7518: a salt as long as the digest (§3.5), r and s side by side (§3.4).
  const options = alg.startsWith('PS') ? pss : { dsaEncoding: 'ieee-p1363' as const }
  return sign(hash, Buffer.from(input), { key: pem, ...options }).toString('base64url')
}

function readObject(part: string): Record<string, unknown> | null {
  const value = readJson(Buffer.from(part, 'base64url').toString('utf8'))
  return isObject(value) ? value : null
}

function jsonText(value: object | string): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** A key id (RFC 7515 §4.1.4), and what a careless look-up takes for the key of an HMAC by it: anybody knows that. */
export interface KnownKey {
  readonly name: string
  readonly kid: unknown
  readonly key: string
}

/** By files that every system has, rows that the query itself brings, members that every object has, and what is found nowhere. */
export const knownKeys: readonly KnownKey[] = [
  { name: 'an unknown key id', kid: 'nobody-has-this', key: '' },
  // What a look-up without a row or a member is as a text.
  { name: 'an unknown key id, as undefined', kid: 'nobody-has-this', key: 'undefined' },
  { name: 'an unknown key id, as null', kid: 'nobody-has-this', key: 'null' },
  { name: 'an empty key id', kid: '', key: '' },
  { name: 'no key id', kid: undefined, key: '' },
  { name: 'null for a key id', kid: null, key: '' },
  { name: 'a list for a key id', kid: ['nobody-has-this'], key: '' },
  { name: 'an object for a key id', kid: { nobody: 'has this' }, key: '' },
  { name: 'a file', kid: '/dev/null', key: '' },
  { name: 'a file above', kid: `${'../'.repeat(12)}dev/null`, key: '' },
  { name: 'a file of one line', kid: '/proc/sys/kernel/ostype', key: 'Linux\n' },
  { name: 'a row of the query', kid: "x' UNION SELECT 'k", key: 'k' },
  { name: 'a row of the query, in double quotes', kid: 'x" UNION SELECT "k', key: 'k' },
  { name: 'a row of the query, without quotes', kid: "0 UNION SELECT 'k'", key: 'k' },
  { name: 'a method of every object', kid: 'toString', key: 'function toString() { [native code] }' },
  { name: 'the constructor of every object', kid: 'constructor', key: 'function Object() { [native code] }' },
  { name: 'the prototype of every object', kid: '__proto__', key: '[object Object]' },
]

export interface BrokenSignature {
  readonly name: string
  /** In base64url. */
  readonly signature: string
  /** What the token says then; what it was to bear where it is left out. */
  readonly payload?: object
  /** `low` where it is right, and ill-formed. */
  readonly severity?: 'low'
}

/** What stands in the place of the signature of a live token where it bears this payload: its own one too, where that is another. */
export function brokenSignatures({ header, payload, parts }: DecodedJwt, borne: object): BrokenSignature[] {
  const [, , signature] = parts
  const bytes = Buffer.from(signature, 'base64url')
  const asDer = /^ES\d+$/.test(String(header['alg'])) ? derOf(bytes) : null
  const isChanged = JSON.stringify(borne) !== JSON.stringify(payload)
  return [
    { name: 'no signature', signature: '' },
    { name: 'a signature cut by four characters', signature: signature.slice(0, -4) },
    { name: 'a signature with another bit', signature: withAnotherBit(signature) },
    { name: 'a signature of zeros', signature: Buffer.alloc(bytes.length).toString('base64url') },
    isChanged
      ? { name: 'the signature of another token', signature }
      : { name: 'its signature under a later end', signature, payload: prolonged(payload) },
    // RFC 7518 §3.4: r and s side by side, and nothing else.
    ...(isChanged || asDer === null
      ? []
      : [{ name: 'its signature as DER', signature: asDer.toString('base64url'), severity: 'low' } as const]),
  ]
}

/** By a second; what has no end gets one. */
function prolonged(claims: DecodedJwt['payload']): object {
  const { exp } = claims
  return { ...claims, exp: typeof exp === 'number' ? exp + 1 : Math.floor(Date.now() / 1000) + 3600 }
}

/** In the middle: of the last character, some bits are padding that decoders do not look at. */
function withAnotherBit(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url')
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  return bytes.toString('base64url')
}

/** The token with another bit in its signature; `null` where it is no compact JWS, or bears no signature. */
export function withBrokenSignature(token: string): string | null {
  const live = decodeJwt(token)
  if (live === null || live.parts[2] === '') return null
  return forgeJwt(live.header, live.payload, { kind: 'verbatim', signature: withAnotherBit(live.parts[2]) })
}

/** Of r and s side by side: the SEQUENCE of two INTEGERs of RFC 3279 §2.2.3. */
function derOf(raw: Buffer): Buffer {
  const half = raw.length / 2
  const integers = [raw.subarray(0, half), raw.subarray(half)].map((number) => {
    const first = number.findIndex((octet) => octet !== 0)
    const short = number.subarray(first === -1 ? half - 1 : first)
    const positive = (short[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), short]) : short
    return Buffer.concat([Buffer.of(0x02, positive.length), positive])
  })
  const body = Buffer.concat(integers)
  const length = body.length > 0x7f ? Buffer.of(0x81, body.length) : Buffer.of(body.length)
  return Buffer.concat([Buffer.of(0x30), length, body])
}

/** Each name of an audience, be it one or a list, as another. */
function renamed(aud: unknown, rename: (own: string) => string): unknown {
  return Array.isArray(aud) ? aud.map((own) => rename(String(own))) : rename(String(aud))
}

/** A token that is to be refused for what it says. */
export interface BadClaims {
  readonly name: string
  readonly payload: object
  readonly header: object
  /** `low` where it is against the letter, and nobody gains by it. */
  readonly severity?: 'low'
}

/**
 * Tokens each of which is wrong in one claim, from the claims and the header of a right one: times (RFC 7519 §4.1), issuer and
 * audience where the target's tokens have them, a type (RFC 8725 §3.11), a critical extension (RFC 7515 §4.1.11). Seconds; where nobody
 * has said by how many clocks may differ, a minute is what most need.
 */
export function badClaims(
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
  { now, leeway }: { readonly now: number; readonly leeway: number | undefined },
): BadClaims[] {
  const { exp: _exp, ...eternal } = claims
  const { aud, ...anywhere } = claims
  const { iss, ...nobodys } = claims
  const { typ } = header
  const payloads: readonly (readonly [name: string, payload: object])[] = [
    ['expired', { ...claims, iat: now - 3600, exp: now - (leeway === undefined ? 600 : leeway + 60) }],
    ['without exp', eternal],
    ['exp as text', { ...claims, exp: 'never' }],
    ['negative exp', { ...claims, exp: -1 }],
    ['not yet valid', { ...claims, nbf: now + 3600 }],
    // Where the target's tokens do not say it, leaving it out is no fault (RFC 7519 §4.1; aud must be minded, §4.1.3).
    ...(iss === undefined
      ? []
      : ([
          ['another issuer', { ...claims, iss: 'https://issuer.example' }],
          ['an issuer whose name goes on', { ...claims, iss: `${iss}.example` }],
          ['a list of issuers', { ...claims, iss: ['https://issuer.example', iss] }],
          ['without issuer', nobodys],
        ] as const)),
    ['for another service', { ...claims, aud: 'https://service.example' }],
    ...(aud === undefined
      ? []
      : ([
          ['for a service whose name goes on', { ...claims, aud: renamed(aud, (own) => `${own}.example`) }],
          [
            'for a service whose name ends so',
            { ...claims, aud: renamed(aud, (own) => `https://service.example/${own}`) },
          ],
          ['without audience', anywhere],
        ] as const)),
  ]
  const headers: readonly Omit<BadClaims, 'payload'>[] = [
    // JWT says nothing of what a token is for.
    ...(typeof typ !== 'string' || typ.toUpperCase() === 'JWT'
      ? []
      : [{ name: 'of another type', header: { ...header, typ: 'logout+jwt' } }]),
    {
      name: 'with an unknown critical extension',
      header: { ...header, crit: ['x'], x: 1 },
      severity: 'low',
    },
  ]
  const lately = { ...claims, iat: now - 3600, exp: now - 120 }
  return [
    ...payloads.map(([name, payload]) => ({ name, payload, header })),
    // Five minutes are the default of some libraries.
    ...(leeway === undefined
      ? [{ name: 'expired two minutes ago', payload: lately, header, severity: 'low' } as const]
      : []),
    ...headers.map((changed) => ({ ...changed, payload: claims })),
  ]
}
