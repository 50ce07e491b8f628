import type { Delivery } from '../model.ts'
import { differential, domainOf } from './addresses.ts'
import { readHeaders } from './headers.ts'

/** The domains in whose name mail may leave, in lower case. */
export interface RightfulDomains {
  readonly verified: readonly string[]
  /** Where the provider's own return paths are: right in the envelope alone. */
  readonly bounces: string
}

/** A message in the name of somebody who did not write it. */
export interface FalseClaim {
  readonly delivery: Delivery
  /** From and MAIL FROM as they were on the wire. */
  readonly text: string
  /** All that is foreign in it lies below a verified domain. */
  readonly below: boolean
}

/**
 * Whom the message claims to come from without a right to: by a domain in any reading of its From field or in its
 * envelope, or by another number of From fields than one (RFC 5322 §3.6). `null` where all of it is right.
 */
export function falseClaim(delivery: Delivery, { verified, bounces }: RightfulDomains): FalseClaim | null {
  const fields = readHeaders(delivery.raw)
    .field('From')
    .map(({ value }) => value)
  const authors = named(fields.flatMap((value) => differential(value).domains))
  const returns = named([domainOf(delivery.envelope.from)])
  const foreign = [
    ...authors.filter((domain) => !verified.includes(domain)),
    ...returns.filter((domain) => domain !== bounces && !verified.includes(domain)),
  ]
  if (fields.length === 1 && foreign.length === 0) return null
  return {
    delivery,
    text: `From: ${fields.join(' / ') || '(none)'}, MAIL FROM:<${delivery.envelope.from}>`,
    below:
      fields.length === 1 && foreign.every((domain) => verified.some((own) => domain.endsWith(`.${own}`))),
  }
}

/** A dot at the end names the same domain (RFC 1034 §3.1). */
function named(domains: readonly string[]): string[] {
  return domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '')
}
