import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

export interface Listener {
  readonly host: string
  readonly port: number
  /** Ends at once: every connection is destroyed. */
  close(): Promise<void>
}

/** Far more than one run opens; a target in a loop must not take all file descriptors. */
const maximumConnections = 2000

/** Binds a server to the loopback interface; port 0 takes any free one. */
export async function listen(server: Server, port = 0): Promise<Listener> {
  const sockets = new Set<Socket>()
  server.maxConnections = maximumConnections
  server.on('connection', (socket: Socket) => {
    if (sockets.has(socket)) return
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (cause) {
    const remedy = 'End what listens there, or choose another port (0 takes any free one).'
    throw new Error(`Expected port ${port} of 127.0.0.1 to be free. ${remedy}`, { cause })
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
