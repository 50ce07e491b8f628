import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { CallbackHit } from '../model.ts'
import { createKeyIndex } from './index-by-key.ts'
import { type Listener, listen, type Place } from './listening.ts'
import { createWaiting } from './waiting.ts'

/** Where a target that fetches, renders or executes what it was given shows itself. */
export interface CallbackServer {
  readonly ports: { readonly http: number; readonly https: number }
  /** Requests for this path, whatever their method and query. */
  hits(path: string): CallbackHit[]
  /** From now on, requests for this path are answered with this JSON; the latest 1,000 such paths. */
  serve(path: string, json: string): void
  /** The next request for the path is answered with 500, as by somebody who is to be asked again. */
  failOnce(path: string): void
  /** Resolves as soon as there are `count` (default 1); throws `NotSeen` after `within` ms. */
  hit(path: string, options: { within: number; count?: number | undefined }): Promise<CallbackHit[]>
  /** Serves a connection that came through the egress. */
  accept(socket: Socket, scheme: 'http' | 'https'): void
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const maximumHits = 10_000
const maximumBody = 64 * 1024

const maximumServed = 1000

/** Listens for HTTP and HTTPS; answers every request with an empty 200, but for what is served. */
export async function startCallback(
  tls: { key: string; cert: string },
  places: { readonly http?: Place; readonly https?: Place } = {},
): Promise<CallbackServer> {
  const all: { key: string; hit: CallbackHit }[] = []
  const byPath = createKeyIndex<CallbackHit>()
  const served = new Map<string, string>()
  const failing = new Set<string>()
  const arrivals = createWaiting<{ key: string; hit: CallbackHit }>()

  const record = (hit: CallbackHit) => {
    const kept = { key: pathOf(hit.path), hit }
    all.push(kept)
    byPath.add(hit, [kept.key])
    const oldest = all.length > maximumHits ? all.shift() : undefined
    if (oldest) byPath.remove(oldest.hit, [oldest.key])
    arrivals.came(kept)
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    let length = 0
    let failed = false
    request.on('data', (chunk: Buffer) => {
      if (length < maximumBody) chunks.push(chunk.subarray(0, maximumBody - length))
      length += chunk.length
    })
    request.on('error', () => {})
    // A request that broke off has hit all the same.
    request.on('close', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      record({ ...describe(request), body, ...(failed ? { failed } : {}) })
    })
    request.on('end', () => {
      failed = failing.delete(pathOf(request.url ?? ''))
      if (failed) return void response.writeHead(500).end()
      const json = served.get(pathOf(request.url ?? ''))
      const type = json === undefined ? 'text/plain' : 'application/json'
      response.writeHead(200, { 'content-type': type }).end(json)
    })
  }

  const plain = createServer(handle)
  const secure = createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, handle)
  const [http, https]: [Listener, Listener] = await Promise.all([
    listen(plain, places.http),
    listen(secure, places.https),
  ])
  const hits = (path: string) => [...byPath.get(pathOf(path))]
  return {
    ports: { http: http.port, https: https.port },
    hits,
    serve(path, json) {
      served.set(pathOf(path), json)
      const [oldest] = served.keys()
      if (served.size > maximumServed && oldest !== undefined) served.delete(oldest)
    },
    failOnce: (path) => void failing.add(pathOf(path)),
    async hit(path, { within, count = 1 }) {
      const key = pathOf(path)
      const seen = await arrivals.wait({
        present: hits(path).map((hit) => ({ key, hit })),
        matches: (kept) => kept.key === key,
        count,
        within,
        what: `requests to the callback ${key}`,
      })
      return seen.map(({ hit }) => hit)
    },
    accept: (socket, scheme) => void (scheme === 'http' ? plain : secure).emit('connection', socket),
    handle,
    async close() {
      arrivals.close()
      await Promise.all([http.close(), https.close()])
    },
  }
}

function describe(request: IncomingMessage): Omit<CallbackHit, 'body'> {
  const headers: [string, string][] = []
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    headers.push([(request.rawHeaders[at] ?? '').toLowerCase(), request.rawHeaders[at + 1] ?? ''])
  }
  const { remoteAddress, remotePort } = request.socket
  const peer = `${remoteAddress}:${remotePort}`
  return { method: request.method ?? '', path: request.url ?? '', headers, peer, at: Date.now() }
}

/** The path without query, from an origin-form or absolute-form target, with one leading slash. */
function pathOf(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)
  const path = (absolute?.[1] ?? target).split(/[?#]/, 1)[0] ?? ''
  return path.startsWith('/') ? path : `/${path}`
}
