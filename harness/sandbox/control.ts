import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './listening.ts'

/** A method that workers may call; what it throws reaches the caller by name and message. */
export type Handler = (args: unknown) => Promise<unknown>

export interface ControlServer {
  readonly url: string
  readonly token: string
  close(): Promise<void>
}

const maximumBody = 16 * 1024 * 1024

/** Serves `POST /call {method, args}` → `{result}` or `{error: {name, message}}` to who knows the token. */
export async function startControl(handlers: ReadonlyMap<string, Handler>): Promise<ControlServer> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    answer(request, response, handlers, token).catch((error: unknown) => {
      reply(response, 500, { error: describe(error) })
    })
  })
  // Workers keep their connections; closing idle ones would race with their next call.
  server.keepAliveTimeout = 0
  // Only who knows the token comes here, and each variant of each check may wait for something.
  const listener = await listen(server, { connections: Number.POSITIVE_INFINITY })
  return { url: `http://${listener.host}:${listener.port}`, token, close: listener.close }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: ReadonlyMap<string, Handler>,
  token: string,
): Promise<void> {
  if (!authorised(request.headers.authorization, token))
    return reply(response, 401, { error: refusal('token') })
  if (request.method !== 'POST' || request.url !== '/call') {
    return reply(response, 404, { error: refusal('POST /call') })
  }
  const call = readCall(await readBody(request))
  if (!call) return reply(response, 400, { error: refusal('{method, args} as JSON') })
  const handler = handlers.get(call.method)
  if (!handler) return reply(response, 404, { error: refusal(`one of ${[...handlers.keys()].join(', ')}`) })
  try {
    reply(response, 200, { result: (await handler(call.args)) ?? null })
  } catch (error) {
    reply(response, 200, { error: describe(error) })
  }
}

function authorised(header: string | undefined, token: string): boolean {
  const expected = Buffer.from(`Bearer ${token}`)
  const seen = Buffer.from(header ?? '')
  return seen.length === expected.length && timingSafeEqual(seen, expected)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maximumBody) throw new Error(`Expected a call of at most ${maximumBody} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readCall(body: string): { method: string; args: unknown } | null {
  try {
    const call: unknown = JSON.parse(body)
    if (typeof call !== 'object' || call === null || !('method' in call)) return null
    if (typeof call.method !== 'string') return null
    return { method: call.method, args: 'args' in call ? call.args : undefined }
  } catch {
    return null
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refusal(expected: string) {
  return { name: 'Error', message: `The control server expected ${expected}.` }
}

function describe(error: unknown) {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) }
}
