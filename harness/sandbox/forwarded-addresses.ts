import { createServer, type Socket } from 'node:net'
import type { Personality } from '../model.ts'
import { addressRange } from './address-range.ts'
import { type Listener, listen, type Place } from './listening.ts'
import type { OwnAddresses } from './own-addresses.ts'
import { type ProxyHeader, readProxyHeader } from './proxy-protocol.ts'

/** What carries connections to addresses of a range elsewhere to this machine, each behind a PROXY header that tells which was called. */
export interface Forwarder {
  /** IPv4 addresses that lead to it, in CIDR notation. The first is of the name server, the last of nobody. */
  readonly range: string
  /** The port at which they are called. */
  readonly port: number
  /** The address that its connections come from; `null` where it cannot be told from others. */
  readonly from: string | null
}

export interface ForwardedAddressOptions extends Forwarder {
  readonly place: Place
  /** Takes over a connection that was meant for `host`. */
  readonly accept: (personality: Personality, socket: Socket, host: string, header: ProxyHeader) => void
  /** Told of each kind of connection that was dropped. */
  readonly problem: (text: string) => void
}

export interface ForwardedAddresses extends OwnAddresses {
  /** Where the forwarder hands connections on to. */
  readonly listener: Pick<Listener, 'host' | 'port'>
}

const mostTold = 100

/** The address of the name server behind a forwarder. */
export function nameserverOf({ range }: Forwarder): string {
  return rangeOf(range).at(0)
}

/**
 * Addresses of a forwarder that exchangers have to themselves. Whoever is in the forwarder's network may connect here as well, and
 * say what they like: what is not the forwarder's, without a header, or meant for nobody is dropped, and told.
 */
export async function startForwardedAddresses(options: ForwardedAddressOptions): Promise<ForwardedAddresses> {
  const { from, port, accept, problem } = options
  const range = rangeOf(options.range)
  const byHost = new Map<string, string>()
  const byAddress = new Map<string, { readonly host: string; readonly personality: Personality }>()
  const told = new Set<string>()
  const drop = (socket: Socket, what: string) => {
    const { remoteAddress } = socket
    socket.destroy()
    if (told.has(what) || told.size >= mostTold) return
    told.add(what)
    problem(`A connection from ${remoteAddress} for mail exchangers was dropped: ${what}.`)
  }
  const connected = async (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    if (from !== null && socket.remoteAddress !== from) return drop(socket, `the forwarder is ${from}`)
    const header = await readProxyHeader(socket)
    // Who said nothing had no mail either.
    if (header === null && socket.bytesRead === 0) return void socket.destroy()
    if (header === null) return drop(socket, 'it did not begin with a PROXY header (version 1, TCP4)')
    const meant = byAddress.get(header.destination.address)
    if (meant === undefined)
      return drop(socket, `no exchanger has the address that was called, ${header.destination.address}`)
    accept(meant.personality, socket, meant.host, header)
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => void connected(socket))
  const listener = await listen(server, options.place)
  return {
    port,
    listener,
    async of(host, personality) {
      const known = byHost.get(host)
      if (known !== undefined) return known
      const place = byHost.size + 1
      if (place >= range.size - 1) return null
      const address = range.at(place)
      byHost.set(host, address)
      byAddress.set(address, { host, personality })
      return address
    },
    close: listener.close,
  }
}

function rangeOf(cidr: string) {
  const range = addressRange(cidr)
  if (range === null) throw new TypeError(`expected addresses as 172.18.128.0/17; seen ${cidr}`)
  return range
}
