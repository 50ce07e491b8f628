import { randomBytes } from 'node:crypto'

/**
 * 124 random bits in hex, to know one probe's traces from another's (C3). It begins with a letter: behind `=` or `%` the digits 40
 * would be an @ to whoever decodes the text (RFC 2045 section 6.7, RFC 3986 section 2.1), and what follows the domain of an address.
 */
export function newCanary(): string {
  return `c${randomBytes(16).toString('hex').slice(1)}`
}
