import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what systems give to whoever asks for any port, or connects (IANA: from 49152 on; Linux: from 32768 on). */
const range = [20_000, 32_768] as const
const attempts = 100

/**
 * A port of loopback that nobody listens on now, for a program that cannot say which one it took; nobody else gets it by
 * chance before it is used. Throws where there is none.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(...range)
    const server = createServer().listen(port, '127.0.0.1')
    const listens = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!listens) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`expected a free port from ${range[0]} to ${range[1] - 1}; seen none in ${attempts} tries`)
}
