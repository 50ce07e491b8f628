import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'

/** One side of a connection, to say on it what no library would. */
export interface Outlet {
  /** Resolves when the peer has room again, or is gone. */
  write(bytes: string | Buffer): Promise<void>
  /** The same again and again, until the peer is gone. */
  flood(bytes: string | Buffer): Promise<void>
  /** Byte by byte, with so many milliseconds between two of them. */
  drip(bytes: string | Buffer, pause: number): Promise<void>
  /** FIN after what was written. */
  end(): void
  /** RST instead of whatever else would come. */
  reset(): void
  readonly gone: boolean
}

/** `raw`: the TCP connection under `stream`, where that is TLS. */
export function outletOf(stream: Socket, raw: Socket = stream): Outlet {
  for (const each of [stream, raw]) if (each.listenerCount('error') === 0) each.on('error', () => {})
  stream.setMaxListeners(0)
  const closed = once(stream, 'close').catch(() => {})
  const gone = () => stream.destroyed || !stream.writable
  const write = async (bytes: string | Buffer) => {
    if (gone()) return
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    if (!stream.write(data)) await Promise.race([once(stream, 'drain').catch(() => {}), closed])
  }
  return {
    write,
    async flood(bytes) {
      // Every peer of this process has its turn.
      for (; !gone(); await after(0)) await write(bytes)
    },
    async drip(bytes, pause) {
      const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
      for (const byte of data) {
        if (gone()) return
        await write(Buffer.from([byte]))
        await Promise.race([after(pause), closed])
      }
    },
    end: () => void stream.end(),
    reset: () => void raw.resetAndDestroy(),
    get gone() {
      return gone()
    },
  }
}
