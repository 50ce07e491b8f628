import { EventEmitter, once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { createServer, request as requestTls, Agent as TlsAgent } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** For tests: one request that a target answered. */
export interface Passed {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly body: string
}

type Instead = (request: Pick<Passed, 'method' | 'path'>) => number | 'held' | null

export interface Forwarder {
  readonly url: string
  readonly passed: readonly Passed[]
  /** Resolves when so many answers that match were given. */
  seen(matches: (passed: Passed) => boolean, count?: number): Promise<void>
  /** From now on: a status is the answer instead of the target's, `held` is none at all, `null` is the target's. */
  instead(answer: Instead): void
  /** At once, connections cut off; again does nothing. */
  close(): Promise<void>
}

/** For tests: stands in front of a target, records what it answers, and can be taken away at any moment. */
export async function startForwarder(
  target: string,
  tls: { readonly key: string; readonly cert: string },
): Promise<Forwarder> {
  const passed: Passed[] = []
  const events = new EventEmitter().setMaxListeners(0)
  let instead: Instead = () => null
  const isTls = target.startsWith('https:')
  const send = isTls ? requestTls : request
  // The target closes what nobody uses for 5 s, and what comes just then is lost.
  const agent = new (isTls ? TlsAgent : Agent)({ keepAlive: true, timeout: 1000 })
  const server = createServer({ ...tls, ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20' }, (incoming, outgoing) => {
    const { method = '', url: path = '' } = incoming
    const answer = instead({ method, path })
    if (answer === 'held') return
    if (answer !== null) return void outgoing.writeHead(answer).end()
    const onward = send(target, {
      method,
      path,
      headers: incoming.rawHeaders,
      agent,
      rejectUnauthorized: false,
    })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', async (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      const { statusCode: status = 0 } = response
      outgoing.writeHead(status, response.rawHeaders).end(body)
      passed.push({ method, path, status, body: body.toString('utf8') })
      events.emit('passed')
    })
    incoming.on('error', () => onward.destroy()).pipe(onward)
  })
  // Also those whose handshake is not over: an HTTP server does not count them yet.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let closed: Promise<unknown> | null = null
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    async seen(matches, count = 1) {
      while (passed.filter(matches).length < count) await once(events, 'passed')
    },
    instead(answer) {
      instead = answer
    },
    async close() {
      closed ??= once(server.close(), 'close')
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      await closed
    },
  }
}
