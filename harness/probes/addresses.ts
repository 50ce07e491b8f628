import emailAddresses from 'email-addresses'
import addressparser from 'nodemailer/lib/addressparser'
import { readHeaders } from './headers.ts'

export interface ReadMailbox {
  /** Display name as in the header, encoded words not decoded; `''` where there is none. */
  readonly name: string
  /** Local part as written, domain in lower case. */
  readonly email: string
}

export interface Reading {
  readonly parser: 'strict' | 'lenient'
  /** Members of groups included, in order. */
  readonly mailboxes: readonly ReadMailbox[]
  /** False where the parser refuses the field; a lenient one never does. */
  readonly parsed: boolean
}

/** Longer address fields are cut before they are parsed: they come from the target, and both parsers are quadratic. */
const maximumLength = 16_384

/**
 * Two independent readings of the value of an address field: `email-addresses`, a grammar of RFC 5322 §3.4 that refuses
 * what is not in it, and nodemailer's parser, which finds an address in almost anything, as many mail programs do.
 */
export function readings(value: string): [strict: Reading, lenient: Reading] {
  const bounded = value.slice(0, maximumLength)
  return [strict(bounded), lenient(bounded)]
}

/** The same of all fields of a name in a message. */
export function readingsOf(message: Uint8Array, field: string): [strict: Reading, lenient: Reading] {
  return readings(
    readHeaders(message)
      .field(field)
      .map(({ value }) => value)
      .join(', '),
  )
}

/** The inputs of a message that become address fields, and the field of each. */
export const addressFields = [
  { name: 'to', header: 'To' },
  { name: 'from', header: 'From' },
  { name: 'cc', header: 'Cc' },
  { name: 'replyTo', header: 'Reply-To' },
] as const

export interface Differential {
  /** Both readings have the same mailboxes in the same order. */
  readonly agree: boolean
  /** What any of the readings takes for an address, each once. */
  readonly emails: readonly string[]
  /** Their domains, each once. */
  readonly domains: readonly string[]
}

/** Where two readers of one field see different mailboxes, one of them can be deceived (CWE-436). */
export function differential(value: string): Differential {
  const [a, b] = readings(value)
  const of = (reading: Reading) => reading.mailboxes.map(({ email }) => email)
  const emails = [...new Set([...of(a), ...of(b)])]
  return {
    agree: JSON.stringify(of(a)) === JSON.stringify(of(b)),
    emails,
    domains: [...new Set(emails.map(domainOf))],
  }
}

/** What follows the last `@`, in lower case; `''` without one. */
export function domainOf(email: string): string {
  const at = email.lastIndexOf('@')
  return at === -1 ? '' : email.slice(at + 1).toLowerCase()
}

function strict(value: string): Reading {
  const parsed = parseStrictly(value)
  const mailboxes = (parsed ?? []).flatMap((entry) => (entry.type === 'group' ? entry.addresses : [entry]))
  return {
    parser: 'strict',
    mailboxes: mailboxes.map(({ name, local, domain }) => mailbox(name ?? '', `${local}@${domain}`)),
    parsed: parsed !== null,
  }
}

/** The parser descends by recursion: what nests deeper than the stack is no address field. */
function parseStrictly(value: string) {
  try {
    return emailAddresses.parseAddressList({ input: value, rfc6532: true })
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function lenient(value: string): Reading {
  const mailboxes = addressparser(value, { flatten: true }).filter(({ address }) => address !== '')
  return {
    parser: 'lenient',
    mailboxes: mailboxes.map(({ name, address }) => mailbox(name, address)),
    parsed: true,
  }
}

function mailbox(name: string, address: string): ReadMailbox {
  const at = address.lastIndexOf('@')
  return { name, email: address.slice(0, at + 1) + address.slice(at + 1).toLowerCase() }
}
