import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Outlet, outletOf } from './outlet.ts'

/** What befalls one connection; `pass` hands it on to the target, with the bytes that have come. */
export interface Befalls {
  /** Once it is open; what it returns is whether it goes on as any other. */
  opened?(client: Outlet): boolean | Promise<boolean>
  /** For each piece of what the target says, by its number from 0: in its place, or as it was. */
  said?(piece: Buffer, number: number, client: Outlet): Buffer | null | Promise<Buffer | null>
  /** After so many bytes of the client the function is called, and nothing more is passed on. */
  heard?: readonly [bytes: number, then: (client: Outlet) => void]
}

export interface Middle {
  readonly port: number
  readonly struck: number
  /** From now on connections are handed on as they are. */
  heal(): void
  close(): Promise<void>
}

/** Hands connections on to a port of loopback, and does to them what befalls them. */
export async function startMiddle(port: number, fault: Befalls): Promise<Middle> {
  const sockets = new Set<Socket>()
  let struck = 0
  let befalls: Befalls = fault
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }
  const server = createServer(async (client) => {
    keep(client)
    const outlet = outletOf(client)
    struck += 1
    if (befalls.opened !== undefined && !(await befalls.opened(outlet))) return
    if (client.destroyed) return
    const target = connect(port, '127.0.0.1')
    keep(target)
    const both = () => {
      target.destroy()
      client.destroy()
    }
    target.once('close', both)
    client.once('close', both)
    let heard = 0
    client.on('data', (chunk: Buffer) => {
      heard += chunk.length
      const [most = Number.POSITIVE_INFINITY, then] = befalls.heard ?? []
      if (heard < most) target.write(chunk)
      else then?.(outlet)
    })
    let number = 0
    let turn = Promise.resolve()
    target.on('data', (piece: Buffer) => {
      const own = number++
      turn = turn.then(async () => {
        const passed = befalls.said === undefined ? piece : await befalls.said(piece, own, outlet)
        if (passed !== null) await outlet.write(passed)
      })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get struck() {
      return struck
    },
    heal() {
      befalls = {}
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const instead = (act: (client: Outlet) => unknown): Befalls => ({
  opened(client) {
    void act(client)
    return false
  },
})

/** In place of that piece of what the target says: what was not to be said any more is not said. */
const at = (number: number, act: (client: Outlet, piece: Buffer) => unknown): Befalls => ({
  said(piece, seen, client) {
    if (seen < number) return piece
    if (seen === number) void act(client, piece)
    return null
  },
})

const handshakeFailure = Buffer.from('15030300020228', 'hex')
const tlsRecord = (type: number, bytes: Buffer) =>
  Buffer.concat([Buffer.from([type, 3, 3, bytes.length >> 8, bytes.length & 255]), bytes])

/** What becomes of connections with TLS. */
export const tlsFaults: Readonly<Record<string, Befalls>> = {
  'reset when it is open': instead((client) => client.reset()),
  'closed when it is open': instead((client) => client.end()),
  'silence when it is open': instead(() => {}),
  'reset in the ClientHello': { heard: [1, (client) => client.reset()] },
  'closed after the ClientHello': { heard: [1, (client) => client.end()] },
  'silence after the ClientHello': { heard: [1, () => {}] },
  'an alert for the ServerHello': at(0, (client) => client.write(handshakeFailure)),
  'the ServerHello cut and reset': at(0, async (client, piece) => {
    await client.write(piece.subarray(0, 40))
    client.reset()
  }),
  'the ServerHello dripped': at(0, (client, piece) => client.drip(piece, 50)),
  'garbage for the ServerHello': at(0, (client) => client.write(Buffer.alloc(2000, 0xa5))),
  'endless handshake records': at(0, (client) => client.flood(tlsRecord(22, Buffer.alloc(16_000, 1)))),
  'endless warnings': at(0, (client) => client.flood(tlsRecord(21, Buffer.from([1, 90])))),
  'HTTP in clear for TLS': at(0, (client) =>
    client.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
  ),
  'reset after the handshake': at(2, (client) => client.reset()),
  'a bit turned in what is encrypted': {
    said(piece, number) {
      if (number < 2) return piece
      return Buffer.from(piece.map((byte, index) => (index === piece.length - 1 ? byte ^ 1 : byte)))
    },
  },
}

/** By the pieces that a submission service says: its greeting, what it offers, that TLS may begin, TLS. */
const [greeting, offer, go] = [0, 1, 2]

/** What a submission service can do to who signs in. */
export const submissionFaults: Readonly<Record<string, Befalls>> = {
  'no greeting': at(greeting, () => {}),
  'reset instead of a greeting': at(greeting, (client) => client.reset()),
  '554 for a greeting': at(greeting, (client) => client.write('554 go away\r\n')),
  'a greeting without end': at(greeting, (client) => client.flood(`220-${'x'.repeat(500)}\r\n`.repeat(64))),
  'a greeting in one line without end': at(greeting, (client) => client.flood('2'.repeat(65_536))),
  'the greeting dripped': at(greeting, (client) => client.drip(`220 ${'x'.repeat(900)}`, 50)),
  'a greeting of bytes that are no text': at(greeting, (client) =>
    client.write(Buffer.from('220 \xff\xfe\0\x1b[2J\x9b\r\n', 'latin1')),
  ),
  'a greeting that ends in a line feed': at(greeting, (client, piece) =>
    client.write(piece.toString('latin1').replaceAll('\r\n', '\n')),
  ),
  'the greeting of another protocol': at(greeting, (client) => client.write('* OK IMAP4rev1 ready\r\n')),
  'reset after EHLO': at(offer, (client) => client.reset()),
  'silence after EHLO': at(offer, () => {}),
  'an offer without end': at(offer, (client) => client.flood('250-X-MORE\r\n'.repeat(4096))),
  'an offer of 8 MB in one line': at(offer, (client) =>
    client.write(`250-${'AUTH PLAIN '.repeat(800_000)}\r\n250 OK\r\n`),
  ),
  'codes that change within a reply': at(offer, (client) =>
    client.write('250-a\r\n535-b\r\n250 AUTH PLAIN\r\n'),
  ),
  'replies to what nobody said': at(offer, (client, piece) =>
    client.write(Buffer.concat([piece, Buffer.from('235 2.7.0 Welcome\r\n'.repeat(3))])),
  ),
  'codes of two digits': at(offer, (client) => client.write('25 hello\r\n2500 AUTH PLAIN\r\n')),
  'reset when TLS may begin': at(go, (client) => client.reset()),
  'silence when TLS may begin': at(go, () => {}),
  'garbage for TLS': at(go, async (client, piece) =>
    client.write(Buffer.concat([piece, Buffer.alloc(500, 0x5a)])),
  ),
  'replies slipped in before TLS': at(go, (client, piece) =>
    client.write(Buffer.concat([piece, Buffer.from('250 injected\r\n')])),
  ),
  'reset within TLS': at(4, (client) => client.reset()),
}
