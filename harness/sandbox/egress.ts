import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Personality } from '../model.ts'
import type { CallbackServer } from './callback.ts'
import type { Exchanger } from './exchanger.ts'
import { type Listener, listen, type Place } from './listening.ts'
import { canonicalName, meaningOf } from './names.ts'
import { smtpPort } from './own-addresses.ts'

/** One connection that a target tried to make through the egress. */
export interface EgressAttempt {
  readonly host: string
  readonly port: number
  readonly personality: Personality | null
  readonly outcome: 'exchanger' | 'callback' | 'refused'
  readonly peer: string
  /** Epoch milliseconds. */
  readonly at: number
}

export interface Egress extends Listener {
  /** The oldest are dropped beyond 20 000. */
  attempts(): EgressAttempt[]
}

export interface EgressOptions {
  readonly zone: string
  readonly exchangers: Readonly<Record<Personality, Exchanger>>
  readonly callback: CallbackServer
  readonly place?: Place
  /** The host that targets see the sandbox at, beside loopback. */
  readonly seenAs: string
}

type Destination =
  | { readonly kind: 'exchanger'; readonly personality: Personality }
  | { readonly kind: 'callback'; readonly scheme: 'http' | 'https' }

const maximumAttempts = 20_000

/**
 * An HTTP CONNECT proxy (RFC 9110 §9.3.6) that opens no connection: what is in the sandbox gets the very socket, and
 * everything else is answered 403.
 */
export async function startEgress(options: EgressOptions): Promise<Egress> {
  const attempts: EgressAttempt[] = []
  const server = createServer()
  const note = (target: Target, destination: Destination | null, socket: Duplex) => {
    const { remoteAddress, remotePort } = socket as Socket
    const personality = destination?.kind === 'exchanger' ? destination.personality : null
    const outcome = destination?.kind ?? 'refused'
    attempts.push({ ...target, personality, outcome, peer: `${remoteAddress}:${remotePort}`, at: Date.now() })
    if (attempts.length > maximumAttempts * 1.1) attempts.splice(0, attempts.length - maximumAttempts)
  }

  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const target = parseTarget(request.url ?? '')
    const destination = destinationOf(target, options)
    note(target, destination, socket)
    if (!destination) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (destination.kind === 'exchanger')
      options.exchangers[destination.personality].accept(socket, target.host, { head })
    else {
      if (head.length > 0) socket.unshift(head)
      options.callback.accept(socket, destination.scheme)
    }
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const target = parseAbsolute(request.url ?? '')
    const destination = destinationOf(target, options)
    note(target, destination, request.socket)
    if (destination?.kind === 'callback') options.callback.handle(request, response)
    else response.writeHead(403, { connection: 'close' }).end()
  })
  return { ...(await listen(server, options.place)), attempts: () => [...attempts] }
}

interface Target {
  readonly host: string
  /** 0 where it cannot be read. */
  readonly port: number
}

function parseTarget(authority: string): Target {
  const colon = authority.lastIndexOf(':')
  const port = Number(authority.slice(colon + 1))
  const host = canonicalName(colon < 0 ? authority : authority.slice(0, colon))
  return { host: host.slice(0, 255), port: colon >= 0 && Number.isInteger(port) ? port : 0 }
}

function parseAbsolute(url: string): Target {
  const parsed = URL.parse(url)
  return parsed
    ? { host: canonicalName(parsed.hostname), port: Number(parsed.port || 80) }
    : { host: '', port: 0 }
}

function destinationOf(
  { host, port }: Target,
  { zone, callback, seenAs }: EgressOptions,
): Destination | null {
  const meaning = meaningOf(host, zone)
  if (meaning?.kind === 'exchanger' && port === smtpPort) {
    return { kind: 'exchanger', personality: meaning.personality }
  }
  const ours = [seenAs, '127.0.0.1', 'localhost'].includes(host)
  if (meaning?.kind !== 'callback' && !ours) return null
  if (port === callback.ports.http) return { kind: 'callback', scheme: 'http' }
  if (port === callback.ports.https) return { kind: 'callback', scheme: 'https' }
  if (ours) return null
  if (port === 80) return { kind: 'callback', scheme: 'http' }
  return port === 443 ? { kind: 'callback', scheme: 'https' } : null
}
