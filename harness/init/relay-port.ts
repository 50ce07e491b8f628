import { once } from 'node:events'
import { createServer } from 'node:net'
import { UsageError } from '../obstacles.ts'
import { freePort } from '../sandbox/free-port.ts'

/** Usual for what submits or relays mail without privileges; local mail servers often have it. */
const usual = 2525

/** The port of the sandbox to which the target is to relay its mail: the named one, or one that nobody listens on. Throws UsageError. */
export async function relayPortOf(named: string | undefined): Promise<number> {
  if (named === undefined) return (await isFree(usual)) ? usual : freePort()
  const port = /^\d{1,5}$/.test(named) ? Number(named) : 0
  if (port < 1 || port > 65_535)
    throw new UsageError(`--port: expected a port from 1 to 65535; seen ${named}; correct it`)
  return port
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  if (!listens) return false
  server.close()
  await once(server, 'close')
  return true
}
