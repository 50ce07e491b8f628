import { BlockList, isIP } from 'node:net'
import { readHeaders } from '../probes/headers.ts'

/** A server that a message has passed, by its own word (RFC 5321 §4.4), the last one first. */
export interface Hop {
  /** Who handed it over, as it called itself. */
  readonly helo: string | null
  /** Address of the client. */
  readonly ip: string | null
  readonly by: string | null
  /** `ESMTPS`, of RFC 3848 and its like; `null` where nothing is said. */
  readonly protocol: string | null
}

/** Longer ones were made to exhaust their readers. */
const longest = 2000

export function hopsOf(raw: Uint8Array): Hop[] {
  return readHeaders(raw)
    .field('Received')
    .map(({ value }) => {
      const text = value.slice(0, longest)
      const [before = '', after = ''] = text.split(/\bby\s+(.*)/s)
      const ip = [...before.matchAll(/\[(?:IPv6:)?([0-9a-f.:]+)\]/gi)].map((m) => m[1] ?? '').find(isIP)
      return {
        helo: /^\s*from\s+([^\s();]+)/i.exec(before)?.[1] ?? null,
        ip: ip ?? null,
        by: /^([^\s();]+)/.exec(after)?.[1] ?? null,
        protocol: /\bwith\s+([A-Za-z0-9-]+)/.exec(after)?.[1]?.toUpperCase() ?? null,
      }
    })
}

/** RFC 3848 and RFC 6531 §4.3, and what large providers write: an S stands for TLS. */
export function isEncrypted({ protocol }: Hop): boolean | null {
  if (protocol === null) return null
  if (/^(?:UTF8)?(?:E?SMTP|LMTP)A?$/.test(protocol)) return false
  return /^(?:UTF8)?(?:E?SMTP|LMTP)SA?$|^HTTPS$/.test(protocol) ? true : null
}

const within = new BlockList()
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  within.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  within.addSubnet(net, prefix, 'ipv6')

/** The hop into the receiver's own network: the last with an address that is not of a private one; `null` for none. */
export function borderOf(hops: readonly Hop[]): (Hop & { readonly ip: string }) | null {
  for (const hop of hops)
    if (hop.ip !== null && !within.check(hop.ip, isIP(hop.ip) === 6 ? 'ipv6' : 'ipv4'))
      return { ...hop, ip: hop.ip }
  return null
}
