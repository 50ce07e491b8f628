import { createServer, type Server, type Socket } from 'node:net'
import type { Delivery, Personality } from '../model.ts'
import type { Certificates } from './certificates.ts'
import { converse } from './smtp-conversation.ts'
import type { WireStore } from './wire.ts'

export interface ExchangerOptions {
  readonly personality: Personality
  readonly certificates: Certificates
  /** Names and addresses of the exchanger where it is not known which name was meant. */
  readonly names: readonly string[]
  readonly wire: WireStore
  /** Called with each accepted message; must neither throw nor block. */
  readonly passOn: (delivery: Delivery) => void
}

/** A recording SMTP server of one personality. */
export interface Exchanger {
  /** A server, not yet listening, of connections that are all meant for `host`; `null` for whoever relays to one place. */
  serve(host: string | null): Server
  /** Takes over a connection that was meant for `host`. */
  accept(socket: Socket, host: string | null, begun?: Begun): void
}

/** What is known of a connection that somebody else has begun to read. */
export interface Begun {
  /** Bytes that were read already. */
  readonly head?: Buffer
  /** The address and port it comes from, where the socket's own are of who handed it on. */
  readonly peer?: string
}

export function createExchanger(options: ExchangerOptions): Exchanger {
  const accept = (socket: Socket, host: string | null, { head, peer: told }: Begun = {}) => {
    const peer = told ?? `${socket.remoteAddress}:${socket.remotePort}`
    const recorder = options.wire.begin(options.personality, host, peer)
    // An abrupt end by the peer is an observation like any other.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => recorder.end())
    converse({ ...options, recorder, socket, head }).catch((error: unknown) => {
      options.wire.problem(`An exchanger (${options.personality}) broke: ${String(error)}`)
      socket.destroy()
    })
  }
  const serve = (host: string | null) =>
    createServer({ allowHalfOpen: true }, (socket) => accept(socket, host))
  return { accept, serve }
}
