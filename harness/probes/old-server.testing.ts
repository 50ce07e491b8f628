import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TlsVersion, versionNumbers } from './tls-hello.ts'
import { suiteName } from './tls-suites.ts'

export interface OldServer {
  readonly versions: readonly TlsVersion[]
  /** IANA's numbers, best first; whether or not they were offered where there is one. */
  readonly suites: readonly number[]
  /** Before TLS 1.2; the same where they are left out. */
  readonly oldSuites?: readonly number[]
  /** Of the prime of its Diffie-Hellman group. */
  readonly bits?: number
  /** IANA's number; taken whatever the client knows. */
  readonly curve?: number
  readonly compresses?: boolean
  readonly lacksSecureRenegotiation?: boolean
  /** What it does to a ClientHello that it does not like, by how many came before; an alert by default. */
  readonly refuses?: (socket: Socket, count: number) => void
  /** Whether it serves a connection, by how many came before. */
  readonly serves?: (count: number) => boolean
}

/**
 * For tests: what no library of today speaks any more. It answers a ClientHello as far as ServerHelloDone, in records of a
 * few bytes each, and has no cryptography.
 */
export async function oldServer(what: OldServer) {
  let count = 0
  const refuse = what.refuses ?? ((socket: Socket) => void socket.end(record(21, Buffer.from([2, 40]))))
  const server = createServer((socket) => {
    const before = count++
    socket.on('error', () => {})
    if (what.serves?.(before) === false) socket.destroy()
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3)) return
      const answer = answerTo(bytes.subarray(5), what)
      if (answer === null) refuse(socket, before)
      else socket.write(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { host: '127.0.0.1', port, connections: () => count, close: () => server.close() }
}

function answerTo(hello: Buffer, what: OldServer): Buffer | null {
  const offered = hello.readUInt16BE(4)
  const at = 39 + (hello[38] ?? 0)
  const list = hello.subarray(at + 2, at + 2 + hello.readUInt16BE(at))
  const isOffered = (suite: number) => {
    for (let n = 0; n < list.length; n += 2) if (list.readUInt16BE(n) === suite) return true
    return false
  }
  const known = what.versions.map((version) => versionNumbers[version]).filter((number) => number <= offered)
  const version = Math.max(...known)
  const suites = version < versionNumbers['TLSv1.2'] ? (what.oldSuites ?? what.suites) : what.suites
  const suite = suites.length === 1 ? suites[0] : suites.find(isOffered)
  if (known.length === 0 || suite === undefined) return null
  const messages = Buffer.concat([
    message(2, [
      ...[uint16(version), Buffer.alloc(32, 7), Buffer.from([0]), uint16(suite)],
      Buffer.from([what.compresses ? 1 : 0]),
      ...(what.lacksSecureRenegotiation ? [] : [uint16(5), uint16(65281), uint16(1), Buffer.from([0])]),
    ]),
    message(11, [Buffer.alloc(300)]),
    ...keyExchange(suiteName(suite), what),
    message(14, []),
  ])
  const records: Buffer[] = []
  for (let n = 0; n < messages.length; n += 50) records.push(record(22, messages.subarray(n, n + 50)))
  return Buffer.concat(records)
}

function keyExchange(suite: string, { bits = 2048, curve = 23 }: OldServer): Buffer[] {
  if (/^TLS_ECDHE_|^TLS_ECDH_anon_/.test(suite))
    return [message(12, [Buffer.from([3]), uint16(curve), Buffer.alloc(80)])]
  if (!/^TLS_DHE_|^TLS_DH_anon_/.test(suite)) return []
  // With a zero before it, as a signed number would have.
  const prime = Buffer.concat([Buffer.from([0]), Buffer.alloc(bits / 8, 0xff)])
  return [message(12, [uint16(prime.length), prime, Buffer.alloc(80)])]
}

function message(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([type, 0]), uint16(body.length), body])
}

function record(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 0]), uint16(content.length), content])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}
