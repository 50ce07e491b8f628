import { isIP } from 'node:net'
import { sentence } from '../../reports/visible.ts'
import { UsageError } from '../obstacles.ts'
import { createResolver, type RecordingResolver } from '../probes/resolver.ts'

/** The name server as it is named on the command line; the system's where none is. */
export function resolverAt(dns: string | undefined): RecordingResolver {
  return createResolver(dns === undefined ? null : serverOf(dns))
}

function serverOf(dns: string): { host: string; port: number } {
  const [, host = '', port = '53'] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(dns)?.filter((each) => each !== undefined) ?? []
  if (isIP(host) === 0 || Number(port) > 65535)
    throw new UsageError(
      `expected a name server as ADDRESS or ADDRESS:PORT after --dns; seen ${sentence(dns)}`,
    )
  return { host, port: Number(port) }
}
