import { type TlsVersion, tlsVersions, versionNumbers } from './tls-hello.ts'
import { suiteName } from './tls-suites.ts'

export type TlsAnswer =
  | {
      readonly kind: 'server-hello'
      /** The version that was selected; `0xNNNN` for one without a name. */
      readonly version: TlsVersion | `0x${string}`
      /** IANA's name. */
      readonly cipher: string
      readonly compression: boolean
      /** Whether the server supports secure renegotiation (RFC 5746 §3.6); TLS 1.3 needs none. */
      readonly secureRenegotiation: boolean
      /** What the ServerKeyExchange agrees on; `null` where the suite has none, it did not come, or it is of TLS 1.3. */
      readonly key: ServerKey | null
    }
  | { readonly kind: 'alert'; readonly level: 'warning' | 'fatal'; readonly description: string }
  | { readonly kind: 'closed' | 'timeout' | 'not-tls' }
  /** SMTP refused to upgrade for good (RFC 3207): whatever is said there crosses in clear. */
  | { readonly kind: 'no-starttls'; readonly reply: string }
  /** No connection came about, or SMTP did not come as far as STARTTLS: nothing is known of TLS there. */
  | { readonly kind: 'unreachable'; readonly reason: string }

/** Bits of the prime of a Diffie-Hellman group, or IANA's number of a curve. */
export type ServerKey =
  | { readonly kind: 'DH'; readonly bits: number }
  | { readonly kind: 'ECDH'; readonly curve: number }

export type ServerHello = Extract<TlsAnswer, { kind: 'server-hello' }>

const maximumBytes = 65_536
const unrecognizedName = Buffer.from([1, 112])

/**
 * Reads records until the first alert, or the ServerHello and the key that belongs to it, are complete; `null` as long as
 * more bytes are needed. Where none can come any more (`ended`), what there is has to do.
 */
export function readAnswer(bytes: Buffer, ended = false): TlsAnswer | null {
  const handshake: Buffer[] = []
  let hello: TlsAnswer | null = null
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]
    if (type !== 21 && type !== 22) return hello ?? { kind: 'not-tls' }
    if (bytes.length < at + 5) break
    // Every version so far has the major number 3 (RFC 9846 §5.1), and no record is longer than 2^14 + 2048.
    const length = bytes.readUInt16BE(at + 3)
    if (bytes[at + 1] !== 3 || length > 18_432) return hello ?? { kind: 'not-tls' }
    const content = bytes.subarray(at + 5, at + 5 + length)
    if (content.length < length) break
    at += 5 + length
    // RFC 6066 §3: a server that does not know the name may say so and go on.
    if (type === 21 && content.equals(unrecognizedName)) continue
    if (type === 21) return hello ?? readAlert(content)
    handshake.push(content)
    const messages = readMessages(Buffer.concat(handshake))
    hello ??= messages[0] === undefined ? null : readServerHello(messages[0])
    if (hello === null) continue
    if (hello.kind !== 'server-hello' || !hasKey(hello)) return hello
    const last = messages.find(({ type }) => type === serverKeyExchange || type === serverHelloDone)
    if (last?.type === serverKeyExchange) return { ...hello, key: readKey(hello, last.body) }
    if (last !== undefined) return hello
  }
  if (hello !== null) return ended || bytes.length > maximumBytes ? hello : null
  return bytes.length > maximumBytes ? { kind: 'not-tls' } : null
}

interface HandshakeMessage {
  readonly type: number
  readonly body: Buffer
}

const serverHelloMessage = 2
const serverKeyExchange = 12
const serverHelloDone = 14

/** The messages that are complete (RFC 5246 §7.4); a first one that never can be stands with an empty body. */
function readMessages(bytes: Buffer): HandshakeMessage[] {
  const messages: HandshakeMessage[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUIntBE(at + 1, 3)
    const type = bytes[at] ?? 0
    if (at === 0 && (type !== serverHelloMessage || length > maximumBytes))
      return [{ type, body: Buffer.alloc(0) }]
    if (bytes.length < at + 4 + length) break
    messages.push({ type, body: bytes.subarray(at + 4, at + 4 + length) })
    at += 4 + length
  }
  return messages
}

/** Whether a ServerKeyExchange with a group belongs to it (RFC 5246 §7.4.3); one of TLS 1.3 never has any. */
function hasKey({ version, cipher }: ServerHello): boolean {
  return version !== 'TLSv1.3' && /^TLS_(EC)?DHE_|_anon_/.test(cipher)
}

/** RFC 5246 §7.4.3 and RFC 8422 §5.4; `null` for a curve that has no name. */
function readKey({ cipher }: ServerHello, body: Buffer): ServerKey | null {
  if (cipher.startsWith('TLS_EC')) {
    const isNamed = body[0] === 3 && body.length >= 3
    return isNamed ? { kind: 'ECDH', curve: body.readUInt16BE(1) } : null
  }
  if (body.length < 2 || body.length < 2 + body.readUInt16BE(0)) return null
  const prime = body.subarray(2, 2 + body.readUInt16BE(0))
  const first = prime.findIndex((byte) => byte !== 0)
  if (first < 0) return null
  return { kind: 'DH', bits: 8 * (prime.length - first) + 24 - Math.clz32(prime[first] ?? 0) }
}

function readAlert(content: Buffer): TlsAnswer {
  if (content.length !== 2) return { kind: 'not-tls' }
  const [level = 0, code = 0] = content
  return {
    kind: 'alert',
    level: level === 1 ? 'warning' : 'fatal',
    description: alerts[code] ?? `alert ${code}`,
  }
}

function readServerHello({ type, body }: HandshakeMessage): TlsAnswer {
  if (type !== serverHelloMessage || body.length < 38) return { kind: 'not-tls' }
  const afterSession = 35 + (body[34] ?? 0)
  if (body.length < afterSession + 3) return { kind: 'not-tls' }
  const extensions = readExtensions(body.subarray(afterSession + 3))
  // RFC 9846 §4.2.1: supported_versions overrides the field of old.
  const selected = extensions.get(43)
  const version = selected?.length === 2 ? selected.readUInt16BE(0) : body.readUInt16BE(0)
  return {
    kind: 'server-hello',
    version: versionName(version),
    cipher: suiteName(body.readUInt16BE(afterSession)),
    compression: body[afterSession + 2] !== 0,
    secureRenegotiation: extensions.has(65281) || version === versionNumbers['TLSv1.3'],
    key: null,
  }
}

function readExtensions(bytes: Buffer): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>()
  for (let at = 2; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2)
    extensions.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return extensions
}

function versionName(version: number): TlsVersion | `0x${string}` {
  return (
    tlsVersions.find((name) => versionNumbers[name] === version) ??
    `0x${version.toString(16).padStart(4, '0')}`
  )
}

/** RFC 9846 §6 and, for what is no longer in it, RFC 5246 §7.2. */
const alerts: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  22: 'record_overflow',
  30: 'decompression_failure',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  60: 'export_restriction',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  100: 'no_renegotiation',
  109: 'missing_extension',
  110: 'unsupported_extension',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
}
