import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { encodeCBOR } from '@levischuck/tiny-cbor'
import { isObject } from '../json.ts'

/** What a browser is asked for: the members of the options that an answer rests on. */
export interface CeremonyOptions {
  /** Base64url. */
  readonly challenge: string
  /** `null` where it is that of the page. */
  readonly rpId: string | null
  /** Base64url; of a new passkey alone. */
  readonly userHandle: string | null
  readonly requiresVerification: boolean
}

/** A passkey of an authenticator of ours, which says whatever it is told to. */
export interface Passkey {
  /** Base64url. */
  readonly id: string
  readonly rpId: string
  readonly origin: string
  readonly userHandle: string | null
  readonly privateKey: KeyObject
  /** Of its last use. */
  counter: number
}

/** What an answer says otherwise than it should. */
export interface Forged {
  readonly challenge?: string
  readonly origin?: string
  readonly type?: 'webauthn.create' | 'webauthn.get'
  readonly rpId?: string
  readonly isPresent?: boolean
  readonly isVerified?: boolean
  readonly counter?: number
  /** Base64url. */
  readonly userHandle?: string | null
  readonly id?: string
  readonly privateKey?: KeyObject
  /** Says that the user was verified, once it was signed. */
  readonly claimsVerified?: true
}

type Json = Readonly<Record<string, unknown>>

/** Of authenticator data (Web Authentication Level 3, §6.1). */
const flag = { present: 0x01, verified: 0x04, attested: 0x40 } as const

/** The options of either kind, as JSON (§5.1.8, §5.1.9), by themselves or below `publicKey`; `null` for anything else. */
export function readOptions(value: unknown): CeremonyOptions | null {
  if (!isObject(value)) return null
  const options = isObject(value['publicKey']) ? value['publicKey'] : value
  const { challenge, rp, rpId, user, userVerification, authenticatorSelection } = options
  if (typeof challenge !== 'string' || challenge === '') return null
  const id = isObject(rp) ? rp['id'] : rpId
  const handle = isObject(user) ? user['id'] : undefined
  const verification = isObject(authenticatorSelection)
    ? authenticatorSelection['userVerification']
    : userVerification
  return {
    challenge: challenge.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
    rpId: typeof id === 'string' ? id : null,
    userHandle: typeof handle === 'string' ? handle : null,
    requiresVerification: verification === 'required',
  }
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

/** A new passkey, and the answer that registers it (§5.1.8.1), with no attestation. */
export function makePasskey(
  { challenge, rpId, userHandle }: CeremonyOptions,
  origin: string,
  forged: Forged = {},
): { readonly passkey: Passkey; readonly credential: Json } {
  const passkey: Passkey = {
    id: forged.id ?? randomBytes(32).toString('base64url'),
    rpId: rpId ?? new URL(origin).hostname,
    ...{ origin, userHandle, privateKey: newKey(), counter: 1 },
  }
  const id = Buffer.from(passkey.id, 'base64url')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(id.length)
  const attested = Buffer.concat([Buffer.alloc(16), length, id, coseKey(passkey.privateKey)])
  const authData = authenticatorData(passkey, forged, attested)
  const attestation = encodeCBOR(
    new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', new Uint8Array(authData)],
    ]) as Parameters<typeof encodeCBOR>[0],
  )
  const credential = {
    ...{ id: passkey.id, rawId: passkey.id, type: 'public-key', clientExtensionResults: {} },
    authenticatorAttachment: 'platform',
    response: {
      clientDataJSON: clientData('webauthn.create', challenge, passkey, forged).toString('base64url'),
      attestationObject: Buffer.from(attestation).toString('base64url'),
      transports: ['internal'],
    },
  }
  return { passkey, credential }
}

/** An answer that signs in with a passkey (§5.1.8.2), which counts it. */
export function assertBy(passkey: Passkey, { challenge }: CeremonyOptions, forged: Forged = {}): Json {
  const counter = forged.counter ?? passkey.counter + 1
  passkey.counter = Math.max(passkey.counter, counter)
  const { id = passkey.id, userHandle = passkey.userHandle, privateKey = passkey.privateKey } = forged
  const client = clientData('webauthn.get', challenge, passkey, forged)
  const data = authenticatorData({ ...passkey, counter }, forged)
  const hash = createHash('sha256').update(client).digest()
  const signature = sign('sha256', Buffer.concat([data, hash]), privateKey)
  if (forged.claimsVerified === true) data.writeUInt8(data.readUInt8(32) | flag.verified, 32)
  return {
    ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' },
    response: {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
      ...(userHandle === null ? {} : { userHandle }),
    },
  }
}

/** §5.8.1. */
function clientData(
  usual: NonNullable<Forged['type']>,
  asked: string,
  passkey: Pick<Passkey, 'origin'>,
  { type = usual, challenge = asked, origin = passkey.origin }: Forged,
): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
}

/** §6.1. */
function authenticatorData(
  passkey: Pick<Passkey, 'rpId' | 'counter'>,
  { rpId = passkey.rpId, isPresent = true, isVerified = true }: Forged,
  attested: Buffer = Buffer.alloc(0),
): Buffer {
  const data = Buffer.alloc(37)
  createHash('sha256').update(rpId).digest().copy(data)
  const flags =
    (isPresent ? flag.present : 0) |
    (isVerified ? flag.verified : 0) |
    (attested.length > 0 ? flag.attested : 0)
  data.writeUInt8(flags, 32)
  data.writeUInt32BE(passkey.counter, 33)
  return Buffer.concat([data, attested])
}

/** The public key of an ES256 key (RFC 9053 §7.1.1). */
function coseKey(privateKey: KeyObject): Buffer {
  const { x = '', y = '' } = privateKey.export({ format: 'jwk' })
  const coordinate = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
  const [kty, alg, crv] = [2, -7, 1]
  return Buffer.from(
    encodeCBOR(
      new Map<number, number | Uint8Array>([
        [1, kty],
        [3, alg],
        [-1, crv],
        [-2, coordinate(x)],
        [-3, coordinate(y)],
      ]),
    ),
  )
}
