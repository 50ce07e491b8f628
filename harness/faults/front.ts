import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request as requestTls } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type Outlet, outletOf } from './outlet.ts'

/** What the target answered, before a fault got hold of it. */
export interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** What was asked. */
  readonly asked: Asked
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Says something else than the target did, on the connection that waits for it. */
export type Strike = (answer: Answer, to: Outlet) => Promise<void> | void

/** Which answers are struck: those to attacks alone, so that every baseline holds; all but those to sign-ins; all of them. */
export type Aim = 'attacks' | 'answers' | 'every answer'

export interface Front {
  readonly url: string
  /** Resolves when so many answers have come by. */
  passed(count: number): Promise<void>
  /** How many answers were struck. */
  readonly struck: number
  /** What the target gave out, for who looks for it elsewhere. */
  readonly bodies: readonly string[]
  /** From now on every answer is the target's. */
  heal(): void
  close(): Promise<void>
}

export interface FrontOptions {
  readonly target: string
  readonly tls: { readonly key: string; readonly cert: string }
  /** Whose calls are legitimate. */
  readonly admin: string
  readonly strike: Strike | null
  readonly aim: Aim
}

/** Stands in front of a target and strikes its answers. */
export async function startFront({ target, tls, admin, strike, aim }: FrontOptions): Promise<Front> {
  const agent = new Agent({ keepAlive: true, timeout: 1000, rejectUnauthorized: false })
  const legitimate = new Set<string>()
  const bodies: string[] = []
  const sockets = new Set<Socket>()
  const raws = new WeakMap<Socket, Socket>()
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  let struck = 0
  let count = 0
  let healed = false

  const server = createServer(tls, async (incoming, outgoing) => {
    const asked = await read(incoming)
    const answer = await ask(target, agent, asked, incoming.rawHeaders).catch(() => null)
    if (answer === null) return void outgoing.destroy()
    count += 1
    for (const { count: wanted, resolve } of waiting) if (count >= wanted) resolve()
    const text = answer.body.toString('latin1')
    bodies.push(text.slice(0, 4096))
    const token = /"access_token":"([^"]+)"/.exec(text)?.[1]
    if (token !== undefined && asked.body.includes(admin)) legitimate.add(token)
    const { socket } = outgoing
    if (healed || strike === null || socket === null || !isAimedAt(aim, asked, legitimate))
      return void outgoing.writeHead(answer.status, answer.headers.flat()).end(answer.body)
    struck += 1
    await strike(answer, outletOf(socket, raws.get(socket) ?? socket))
  })
  server.maxHeadersCount = 0
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (stream: Socket & { _parent?: Socket }) => {
    stream.on('error', () => {})
    const raw = [...sockets].find(({ remotePort }) => remotePort === stream.remotePort)
    if (raw !== undefined) raws.set(stream, raw)
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    get struck() {
      return struck
    },
    passed: (wanted) =>
      new Promise((resolve) => {
        if (count >= wanted) resolve()
        else waiting.push({ count: wanted, resolve })
      }),
    heal() {
      healed = true
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      await closed
    },
  }
}

function isAimedAt(aim: Aim, asked: Asked, legitimate: ReadonlySet<string>): boolean {
  if (aim === 'attacks') return isAttack(asked, legitimate)
  return aim === 'every answer' || !asked.path.startsWith('/v1/session')
}

/** What an attacker does: as another than the admin, from elsewhere, or with a line break in what is sent. */
function isAttack({ path, headers, body }: Asked, legitimate: ReadonlySet<string>): boolean {
  if (path.startsWith('/v1/session') || path.startsWith('/openapi') || path.startsWith('/.well-known'))
    return false
  if (headers['origin'] !== undefined) return true
  const token = headers['authorization']?.replace(/^Bearer /, '') ?? ''
  if (legitimate.has(token)) return false
  // A key that sends is used for the benign mail, too.
  return !path.startsWith('/v1/messages') || /\\[rn]|\\u00|bcc/i.test(body)
}

async function read(incoming: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const { method = '', url: path = '', headers } = incoming
  return {
    method,
    path,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks).toString('latin1'),
  }
}

async function ask(target: string, agent: Agent, asked: Asked, headers: readonly string[]): Promise<Answer> {
  const onward = requestTls(`${target}`, {
    ...{ agent, method: asked.method, path: asked.path, headers: [...headers], rejectUnauthorized: false },
  })
  onward.end(Buffer.from(asked.body, 'latin1'))
  const [response] = (await once(onward, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const { rawHeaders: raw, statusCode: status = 0 } = response
  return {
    asked,
    status,
    headers: Array.from(
      { length: raw.length / 2 },
      (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''] as const,
    ),
    body: Buffer.concat(chunks),
  }
}
