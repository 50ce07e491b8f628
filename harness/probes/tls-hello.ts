import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { allGroups, x25519 } from './tls-groups.ts'
import { type SuiteGroup, suitesOf } from './tls-suites.ts'

/** Names as in node:tls. */
export const tlsVersions = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof tlsVersions)[number]

export interface TlsOffer {
  /** The one version offered. */
  readonly version: TlsVersion
  readonly suites: readonly SuiteGroup[]
  /** IANA's numbers of named groups; default: all that there are. SSLv3 has no extension for them. */
  readonly groups?: readonly number[]
  /** Offers DEFLATE (RFC 3749) beside no compression; never with TLS 1.3. */
  readonly compression?: boolean
}

export const versionNumbers: Readonly<Record<TlsVersion, number>> = {
  SSLv3: 0x0300,
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
}

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3): old servers know no extensions. */
const renegotiationInfo = 0x00ff

/** A ClientHello in its record (RFC 6101 §5.6.1.2, RFC 5246 §7.4.1.2, RFC 9846), made by hand so that no local build limits it. */
export function clientHello(offer: TlsOffer, serverName: string | null): Buffer {
  const { version, groups = allGroups, compression = false } = offer
  const is13 = version === 'TLSv1.3'
  const before12 = versionNumbers[version] < versionNumbers['TLSv1.2']
  const suites = [...suitesOf(offer.suites, before12), ...(is13 ? [] : [renegotiationInfo])]
  const body = Buffer.concat([
    uint16(is13 ? 0x0303 : versionNumbers[version]),
    randomBytes(32),
    vector8(is13 ? randomBytes(32) : Buffer.alloc(0)),
    vector16(Buffer.concat(suites.map(uint16))),
    vector8(Buffer.from(compression && !is13 ? [1, 0] : [0])),
    ...(version === 'SSLv3' ? [] : [vector16(extensions(version, groups, serverName))]),
  ])
  const handshake = Buffer.concat([Buffer.from([1, 0]), uint16(body.length), body])
  const record = version === 'SSLv3' ? 0x0300 : 0x0301
  return Buffer.concat([Buffer.from([22]), uint16(record), vector16(handshake)])
}

function extensions(version: TlsVersion, groups: readonly number[], serverName: string | null): Buffer {
  const named = serverName !== null && isIP(serverName) === 0 ? [serverNameExtension(serverName)] : []
  const pointFormats = extension(11, vector8(Buffer.from([0])))
  return Buffer.concat([
    ...named,
    extension(10, vector16(Buffer.concat(groups.map(uint16)))),
    pointFormats,
    ...(version === 'TLSv1.2' || version === 'TLSv1.3' ? [signatureAlgorithms()] : []),
    ...(version === 'TLSv1.3' ? [extension(43, vector8(uint16(0x0304))), keyShare()] : []),
  ])
}

/** RFC 6066 §3: host names alone, never addresses. */
function serverNameExtension(name: string): Buffer {
  return extension(0, vector16(Buffer.concat([Buffer.from([0]), vector16(Buffer.from(name, 'latin1'))])))
}

function signatureAlgorithms(): Buffer {
  const algorithms = [
    // ECDSA, Ed25519, Ed448, RSA-PSS and RSA with SHA-2.
    ...[0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b],
    ...[0x0401, 0x0501, 0x0601],
    // For servers that have nothing newer: DSA, SHA-224, SHA-1, MD5.
    ...[0x0402, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101],
  ]
  return extension(13, vector16(Buffer.concat(algorithms.map(uint16))))
}

/** A share of x25519, of which the private half is forgotten: no probe goes beyond the ServerHello. */
function keyShare(): Buffer {
  const { publicKey } = generateKeyPairSync('x25519')
  const { x } = publicKey.export({ format: 'jwk' })
  return extension(51, vector16(Buffer.concat([uint16(x25519), vector16(Buffer.from(x ?? '', 'base64url'))])))
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([uint16(type), vector16(content)])
}

function vector8(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([content.length]), content])
}

function vector16(content: Buffer): Buffer {
  return Buffer.concat([uint16(content.length), content])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}
