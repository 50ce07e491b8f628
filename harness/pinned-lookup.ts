import { type LookupAddress, lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { promisify } from 'node:util'

/** What hosts resolved to, once for all; none for one that did not resolve. Plain JSON. */
export type Addresses = Readonly<Record<string, readonly LookupAddress[]>>

type Ask = (host: string) => Promise<readonly LookupAddress[]>

const ofSystem: Ask = (host) => promisify(lookUp)(host, { all: true })

/** Resolves each host that is no address itself. Throws nothing. */
export async function resolveHosts(hosts: readonly string[], ask = ofSystem): Promise<Addresses> {
  const names = new Set(hosts.map(canonical).filter((host) => isIP(host) === 0))
  const resolved = [...names].map(async (host) => [host, await ask(host).catch(() => [])] as const)
  return Object.fromEntries(await Promise.all(resolved))
}

/**
 * For `connect`: a name leads where it led at first, as in `known` or when it was asked for first. Whoever controls a name
 * could lead the second connection, with what it carries, to somebody else (DNS rebinding).
 */
export function pinnedLookup(known: Addresses = {}, ask = ofSystem): LookupFunction {
  const pinned = new Map(Object.entries(known).map(([host, addresses]) => [host, Promise.resolve(addresses)]))
  const find = (host: string) => {
    const first = pinned.get(host) ?? ask(host)
    pinned.set(host, first)
    first.catch(() => pinned.delete(host))
    return first
  }
  return (hostname, { all = false, family = 0 }, callback) => {
    const wanted = Number(String(family).replace('IPv', ''))
    find(canonical(hostname))
      .then((addresses) => {
        const found = addresses.filter((address) => wanted === 0 || address.family === wanted)
        const [first] = found
        if (first === undefined)
          throw Object.assign(new Error(`${hostname} did not resolve`), { code: 'ENOTFOUND' })
        return { found, first }
      })
      .then(
        ({ found, first }) =>
          all ? callback(null, [...found]) : callback(null, first.address, first.family),
        (error: NodeJS.ErrnoException) => callback(error, all ? [] : ''),
      )
  }
}

function canonical(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$/g, '')
}
