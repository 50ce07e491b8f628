import { randomBytes } from 'node:crypto'

/**
 * 124 random bits in hex, to know one probe's traces from another's (C3). It begins with a letter: behind `=` or `%` the digits 40
 * would be an @ to whoever decodes the text (RFC 2045 section 6.7, RFC 3986 section 2.1), and what follows the domain of an address.
 */
export function newCanary(): string {
  const canary = `c${randomBytes(16).toString('hex').slice(1)}`
  beginnings.add(canary.slice(0, telling))
  return canary
}

/** No other value begins so by chance. */
const telling = 16
const beginnings = new Set<string>()

/** It holds a canary of this process, or one that was cut short somewhere. */
export function holdsCanary(text: string): boolean {
  return [...text.matchAll(/(?=(c[0-9a-f]{15}))/g)].some(([, beginning = '']) => beginnings.has(beginning))
}

/** A password that nobody had before: 22 characters at most, of four kinds, as rules for passwords ask for. */
export function newPassword(word: 'Early' | 'New' | 'Other' | 'Owner' | 'Right' | 'Wrong'): string {
  return `${word}-${newCanary().slice(0, 16)}`
}
