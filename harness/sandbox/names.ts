import { randomBytes } from 'node:crypto'
import { type Personality, personalities } from '../model.ts'

/** What a name inside the sandbox's zone stands for. */
export type Meaning =
  | { readonly kind: 'recipients'; readonly personality: Personality }
  | { readonly kind: 'exchanger'; readonly personality: Personality }
  | { readonly kind: 'callback' }
  | { readonly kind: 'nameserver' }
  | { readonly kind: 'apex' }
  /** An empty non-terminal (RFC 8020): nothing is there, but something is below it. */
  | { readonly kind: 'empty' }

/** RFC 6761 keeps `.test` out of the public DNS. */
export function newZone(): string {
  return `${randomBytes(4).toString('hex')}.postern.test`
}

export function recipientDomain(personality: Personality, label: string, zone: string): string {
  if (!isLabel(label)) {
    throw new Error(`Expected a DNS label of a-z, 0-9 and hyphens, saw ${JSON.stringify(label)}.`)
  }
  return `${label}.${personality}.${zone}`
}

/** Reads a name as this sandbox synthesises it; `null` where it stands for nothing. */
export function meaningOf(name: string, zone: string): Meaning | null {
  if (name === zone) return { kind: 'apex' }
  if (!isUnder(name, zone)) return null
  const labels = name.slice(0, -zone.length - 1).split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length === 1 && last === 'callback') return { kind: 'callback' }
  if (labels.length === 1 && last === 'ns') return { kind: 'nameserver' }
  const personality = personalities.find((known) => known === last)
  if (!personality || !labels.every(isLabel)) return null
  if (labels.length === 1) return { kind: 'empty' }
  if (labels.length === 2) return { kind: 'recipients', personality }
  return labels.length === 3 && labels[0] === 'mx' ? { kind: 'exchanger', personality } : null
}

/** Whether `name` is `domain` or below it; both in lower case. */
export function isUnder(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}

/** Lower case, without the closing dot. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** The domain of an address in lower case, `''` where it has none. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@')
  return at < 0 ? '' : canonicalName(address.slice(at + 1))
}

function isLabel(label: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label)
}
