import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { type Outlet, outletOf } from './outlet.ts'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, without dots that were doubled for the way. */
  readonly raw: Buffer
}

/** A connection to an exchanger. */
export interface Line extends Outlet {
  /** Says it, and waits for the reply; `''` where none comes any more. */
  ask(line: string | Buffer): Promise<string>
}

/** Hands a message on, in the way that is the fault. */
export type HandOver = (mail: Mail, dial: () => Promise<Line>) => Promise<void>

export interface Relay {
  readonly port: number
  /** Whoever it relays to. */
  readonly struck: number
  close(): Promise<void>
}

/** Messages that are handed over at once. */
const lanes = 4

/** Takes all mail of the target on, and hands it to the exchanger at `port` of loopback. */
export async function startRelay(port: number, handOver: HandOver): Promise<Relay> {
  const sockets = new Set<Socket>()
  let struck = 0
  const turns = Array.from({ length: lanes }, () => Promise.resolve())
  const dial = async (): Promise<Line> => {
    const socket = connect(port, '127.0.0.1')
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return lineOn(socket)
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    async onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of stream) chunks.push(chunk as Buffer)
      } catch {
        // The target went away in the midst of it.
        return
      }
      done()
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
      const mail = { from, to: envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks) }
      const lane = struck++ % lanes
      turns[lane] = (turns[lane] ?? Promise.resolve()).then(() => handOver(mail, dial)).catch(() => {})
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    get struck() {
      return struck
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(resolve))
    },
  }
}

async function lineOn(socket: Socket): Promise<Line> {
  const outlet = outletOf(socket)
  let said = ''
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
  })
  const reply = async () => {
    for (;;) {
      const end = /^\d{3}(?: .*)?\r\n/m.exec(said)
      if (end !== null) {
        const text = said.slice(0, end.index + end[0].length)
        said = said.slice(text.length)
        return text
      }
      if (socket.destroyed || socket.readableEnded) return ''
      await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => {})
    }
  }
  await reply()
  // An accessor would be read once by a spread.
  return Object.assign(Object.create(outlet) as Outlet, {
    async ask(line: string | Buffer) {
      await outlet.write(
        typeof line === 'string' ? `${line}\r\n` : Buffer.concat([line, Buffer.from('\r\n')]),
      )
      return reply()
    },
  })
}

/** Up to the 354 of DATA. */
export async function upToData(line: Line, { from, to }: Pick<Mail, 'from' | 'to'>): Promise<string> {
  await line.ask('EHLO relay.example.org')
  await line.ask(`MAIL FROM:<${from}>`)
  for (const recipient of to) await line.ask(`RCPT TO:<${recipient}>`)
  return line.ask('DATA')
}

/** CR LF before each dot at the beginning of a line doubles it (RFC 5321 §4.5.2). */
export function stuffed(raw: Buffer): Buffer {
  const text = raw.toString('latin1').replace(/(^|\r\n)\./g, '$1..')
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}

/** As it should be. */
export const soundly: HandOver = async (mail, dial) => {
  const line = await dial()
  if ((await upToData(line, mail)).startsWith('354')) {
    await line.write(stuffed(mail.raw))
    await line.ask('.')
  }
  line.end()
}
