import { isIPv4 } from 'node:net'
import type { Duplex } from 'node:stream'

/** Who connected to what, as whoever hands the connection on tells it. */
export interface ProxyHeader {
  readonly source: { readonly address: string; readonly port: number }
  readonly destination: { readonly address: string; readonly port: number }
  /** What has come behind the header. */
  readonly head: Buffer
}

/** With its CR LF, as version 1 bounds it for IPv4 and beyond. */
const longest = 107
const header = /^PROXY TCP4 (\S+) (\S+) (\d{1,5}) (\d{1,5})$/

/**
 * The header of PROXY protocol version 1, of TCP over IPv4, with which the connection begins; the socket is paused behind it.
 * `null` for anything else. https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt §2.1
 */
export function readProxyHeader(socket: Duplex): Promise<ProxyHeader | null> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0)
    const done = (read: ProxyHeader | null) => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).pause()
      resolve(read)
    }
    const onEnd = () => done(null)
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk])
      const end = seen.subarray(0, longest).indexOf('\r\n')
      if (end >= 0) done(parse(seen.toString('latin1', 0, end), seen.subarray(end + 2)))
      else if (seen.length >= longest) done(null)
    }
    socket.on('data', onData).on('end', onEnd).on('close', onEnd)
  })
}

function parse(line: string, head: Buffer): ProxyHeader | null {
  const [, source = '', destination = '', ...ports] = header.exec(line) ?? []
  const [from = 0, to = 0] = ports.map(Number)
  if (!isIPv4(source) || !isIPv4(destination) || Math.max(from, to) > 65_535) return null
  return {
    source: { address: source, port: from },
    destination: { address: destination, port: to },
    head,
  }
}
