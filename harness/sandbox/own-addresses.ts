import { randomInt } from 'node:crypto'
import type { Server } from 'node:net'
import type { Personality } from '../model.ts'
import { type Listener, listen } from './listening.ts'

/** Loopback addresses that exchangers have to themselves: which one a connection was for is known by where it came to. */
export interface OwnAddresses {
  /** The same at every address. */
  readonly port: number
  /** The address of the exchanger of that name, which listens there from then on; `null` where there are no more. */
  of(host: string, personality: Personality): Promise<string | null>
  close(): Promise<void>
}

export interface OwnAddressOptions {
  /** A server of that personality whose connections are all meant for `host`. */
  readonly serve: (personality: Personality, host: string) => Server
  /** The sound exchanger that most mail is for; it listens from the start. */
  readonly first: string
  /** The port that must be had; without it 25 where it may be bound, and any free one otherwise. */
  readonly port?: number | undefined
}

/** Where mail exchangers are looked for (RFC 5321 §4.5.4.2). */
export const smtpPort = 25
/** A target may ask for any name, and each listener holds a file descriptor. */
const mostAddresses = 1000
/** Somebody else may be at one of them. */
const attempts = 20

/** `null` where the system has no loopback address but 127.0.0.1. Throws Unavailable where a port that must be had is not. */
export async function startOwnAddresses(options: OwnAddressOptions): Promise<OwnAddresses | null> {
  const next = addresses()
  const known = new Map<string, Promise<Listener | null>>()
  const closed = new AbortController()

  const bind = async (personality: Personality, host: string, port: number): Promise<Listener | null> => {
    for (let attempt = 1; !closed.signal.aborted; attempt += 1) {
      const address = next()
      if (address === null) return null
      try {
        return await listen(options.serve(personality, host), { host: address, port })
      } catch (error) {
        if (codeOf(error) !== 'EADDRINUSE' || attempt >= attempts) throw error
      }
    }
    return null
  }
  const first = await bindFirst((port) => bind('sound', options.first, port), options.port)
  if (first === null) return null
  known.set(options.first, Promise.resolve(first))
  const { port } = first
  return {
    port,
    async of(host, personality) {
      if (closed.signal.aborted) return null
      const listener = known.get(host) ?? bind(personality, host, port)
      known.set(host, listener)
      return (await listener.catch(() => null))?.host ?? null
    },
    async close() {
      closed.abort()
      const listeners = await Promise.all([...known.values()].map((one) => one.catch(() => null)))
      await Promise.all(listeners.map((listener) => listener?.close()))
    },
  }
}

/** Shows that there are such addresses, and which port may be had at them. */
async function bindFirst(
  bind: (port: number) => Promise<Listener | null>,
  asked: number | undefined,
): Promise<Listener | null> {
  for (const port of asked === undefined ? [smtpPort, 0] : [asked]) {
    try {
      return await bind(port)
    } catch (cause) {
      if (codeOf(cause) === 'EADDRNOTAVAIL') return null
      if (asked !== undefined) throw cause
    }
  }
  return null
}

function codeOf(error: unknown): string | undefined {
  const { cause, code } = error as NodeJS.ErrnoException
  return code ?? (cause === undefined ? undefined : codeOf(cause))
}

/** Of 127.0.0.0/8, from anywhere on, so that runs beside each other do not meet; `null` once they are used up. */
function addresses(): () => string | null {
  // Not 127.0: of that distributions make use, as Debian does for the machine's own name.
  const from = randomInt(1 << 16, (1 << 24) - 2 * mostAddresses)
  let used = 0
  return () => {
    if (used >= mostAddresses) return null
    used += 1
    const at = from + used
    return `127.${at >> 16}.${(at >> 8) & 255}.${at & 255}`
  }
}
