import type { Delivery } from '../model.ts'
import { differential, domainOf, readings } from './addresses.ts'
import { decodeWords, readHeaders } from './headers.ts'

/** The domains in whose name mail may leave, in lower case. */
export interface RightfulDomains {
  readonly verified: readonly string[]
  /** Where the provider's own return paths are: right in the envelope alone. */
  readonly bounces: readonly string[]
  /** At which addresses the provider writes in place of a sender without a right; empty where it does not. */
  readonly replaces: readonly string[]
}

/** A message in the name of somebody who did not write it. */
export interface FalseClaim {
  readonly delivery: Delivery
  /** From and MAIL FROM as they were on the wire. */
  readonly text: string
  /** All that is foreign in it lies below a verified domain, or is a display name that reads as an address. */
  readonly slight: boolean
}

/**
 * Whom the message claims to come from without a right to: by a domain in any reading of its From field or in its
 * envelope, or by another number of From fields than one (RFC 5322 §3.6). `null` where all of it is right.
 */
export function falseClaim(delivery: Delivery, rightful: RightfulDomains): FalseClaim | null {
  const { bounces, replaces } = rightful
  const verified = [...rightful.verified, ...replaces]
  const fields = readHeaders(delivery.raw)
    .field('From')
    .map(({ value }) => value)
  const authors = named(fields.flatMap((value) => differential(value).domains))
  const returns = named([domainOf(delivery.envelope.from)])
  const foreign = [
    ...authors.filter((domain) => !verified.includes(domain)),
    ...returns.filter((domain) => !bounces.includes(domain) && !verified.includes(domain)),
  ]
  const misleads =
    authors.some((domain) => replaces.includes(domain)) && /\S@\S/.test(nameIn(fields[0] ?? ''))
  if (fields.length === 1 && foreign.length === 0 && !misleads) return null
  return {
    delivery,
    text: `From: ${fields.join(' / ') || '(none)'}, MAIL FROM:<${delivery.envelope.from}>`,
    slight:
      fields.length === 1 && foreign.every((domain) => verified.some((own) => domain.endsWith(`.${own}`))),
  }
}

/** As readers see it. */
function nameIn(field: string): string {
  return decodeWords(readings(field)[1].mailboxes[0]?.name ?? '')
}

/** A dot at the end names the same domain (RFC 1034 §3.1). */
function named(domains: readonly string[]): string[] {
  return domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '')
}
