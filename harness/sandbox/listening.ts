import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Unavailable } from '../obstacles.ts'

export interface Listener {
  readonly host: string
  readonly port: number
  /** Ends at once: every connection is destroyed. */
  close(): Promise<void>
}

/** Far more than a target opens; one in a loop must not take all file descriptors. */
const maximumConnections = 2000

export interface Place {
  /** An address of this machine; the loopback interface where it is left out. */
  readonly host?: string | undefined
  /** Any free one where it is left out. */
  readonly port?: number | undefined
  /** The most connections at once, further ones are reset; 2,000 where it is left out. */
  readonly connections?: number
}

/** Binds a server. Throws where the port is taken, with the remedy. */
export async function listen(
  server: Server,
  { host: asked = '127.0.0.1', port = 0, connections = maximumConnections }: Place = {},
): Promise<Listener> {
  const sockets = new Set<Socket>()
  server.maxConnections = connections
  server.on('connection', (socket: Socket) => {
    if (sockets.has(socket)) return
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, asked)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw portTaken(asked, port, cause)
  }
  const { address: host, port: bound } = server.address() as AddressInfo
  return {
    host,
    port: bound,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

export function portTaken(host: string, port: number, cause: unknown): Unavailable {
  const { code } = cause as NodeJS.ErrnoException
  const first =
    code === 'EACCES'
      ? 'run as root, or allow it (on Linux: sysctl net.ipv4.ip_unprivileged_port_start)'
      : 'end what listens there'
  const remedy = `${first}, or choose another in sandbox.ports (without one any free port is taken)`
  return new Unavailable(`expected port ${port} of ${host} to be free; seen ${code}; ${remedy}`, { cause })
}
