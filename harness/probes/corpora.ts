import addresses from '../../fixtures/corpora/addresses.json' with { type: 'json' }
import displayNames from '../../fixtures/corpora/display-names.json' with { type: 'json' }
import endOfData from '../../fixtures/corpora/end-of-data.json' with { type: 'json' }
import eol from '../../fixtures/corpora/eol.json' with { type: 'json' }
import from from '../../fixtures/corpora/from.json' with { type: 'json' }
import headerNames from '../../fixtures/corpora/header-names.json' with { type: 'json' }
import html from '../../fixtures/corpora/html.json' with { type: 'json' }
import ipHeaders from '../../fixtures/corpora/ip-headers.json' with { type: 'json' }
import jwtKid from '../../fixtures/corpora/jwt-kid.json' with { type: 'json' }
import jwtNone from '../../fixtures/corpora/jwt-none.json' with { type: 'json' }
import nosql from '../../fixtures/corpora/nosql.json' with { type: 'json' }
import sqli from '../../fixtures/corpora/sqli.json' with { type: 'json' }
import sqliTime from '../../fixtures/corpora/sqli-time.json' with { type: 'json' }

/** One input; `name` is stable and names the variant in a finding. */
export interface Input {
  readonly name: string
  readonly value: string
}

export interface HeaderInput extends Input {
  readonly header: string
}

/** The alg of an unsecured token: `absent` where the field is left out. */
export interface AlgInput {
  readonly name: string
  readonly alg: string | null | undefined
}

interface Templates<Item extends { name: string; template: string } = { name: string; template: string }> {
  readonly items: readonly Item[]
}

/** Line terminators and look-alikes (T). */
export const lineTerminators: readonly Input[] = eol.items

/** Stand-ins for CR LF dot CR LF. */
export const endsOfData: readonly Input[] = endOfData.items

/** `c` and `sinkB` make the address that must get nothing, `v` is a domain the sender may address. */
export function addressDifferentials(fill: { c: string; sinkB: string; v: string }): Input[] {
  const literal = '127.0.0.1'
  return filled(addresses, {
    ...fill,
    sinkBip: literal,
    // The octet limits of RFC 5321 §4.5.3.1 and RFC 1035 §2.3.4, each passed by one.
    a65: fill.c.padEnd(65, 'a').slice(0, 65),
    label64: 'a'.repeat(64),
    domain254: longDomain(fill.v, 254),
  })
}

/** Whole From fields, without the closing CR LF: `b` is an address the sender may use, `a` one he may not. */
export function ambiguousFroms(fill: { a: string; b: string }): Input[] {
  return filled(from, {
    ...fill,
    aBase64: Buffer.from(`<${fill.a}>`).toString('base64'),
    bdom: fill.b.slice(fill.b.lastIndexOf('@') + 1),
  })
}

/** Display names that break out of their quotes; `c`, `sinkB` and `v` as in {@link addressDifferentials}. */
export function displayNameBreakouts(fill: { c: string; sinkB: string; v: string }): Input[] {
  return filled(displayNames, fill)
}

/** Header names that must not reach the wire; `h` is the name of a field that must not appear. */
export function forbiddenHeaderNames(fill: { h: string }): Input[] {
  return filled(headerNames, fill)
}

/** Values for a merge variable; `L` is the host and port of the callback listener. */
export function htmlBreakers(fill: { id: string; L: string }): Input[] {
  return filled(html, fill)
}

/** Fields that claim a client address; `n` (hexadecimal) makes the claim another one each time. */
export function clientAddressHeaders(fill: { ip: string; n: string }): HeaderInput[] {
  return ipHeaders.items.map(({ name, header, template }) => ({
    name,
    header,
    value: fillIn(template, fill),
  }))
}

/** `undefined` leaves alg out of the header. */
export const unsecuredAlgs: readonly AlgInput[] = jwtNone.items.map(({ name, value, absent }) => ({
  name,
  alg: absent ? undefined : value,
}))

/** Key ids and the HMAC secret that fits each; `secret` is `null` for the negative control. */
export function keyIds(fill: { id: string; L: string; zone: string }): (Input & { secret: string | null })[] {
  return jwtKid.items.map(({ name, template, secret }) => ({ name, value: fillIn(template, fill), secret }))
}

export const documentOperators: readonly { readonly name: string; readonly value: unknown }[] = nosql.items

/** Time-based injections; `s` in seconds, `0` for the twin. */
export function sqlDelays(fill: { v: string; s: string }): Input[] {
  return filled(sqliTime, fill)
}

export type SqlContext = 'string' | 'like' | 'numeric' | 'order-by'

/** The rows of the corpus of boolean twins; `boolean-twins.ts` fills them in. */
export const sqlTwins: readonly {
  readonly name: string
  readonly context: string
  readonly true: string
  readonly false: string
  readonly neutralTrue: string
  readonly neutralFalse: string
}[] = sqli.items

/** Replaces `{name}` by its value; a placeholder without one stays, so that data with braces passes through. */
export function fillIn(template: string, fill: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => fill[name] ?? whole)
}

function filled({ items }: Templates, fill: Readonly<Record<string, string>>): Input[] {
  return items.map(({ name, template }) => ({ name, value: fillIn(template, fill) }))
}

function longDomain(domain: string, octets: number): string {
  const missing = octets - domain.length
  const labels = 'a'
    .repeat(62)
    .concat('.')
    .repeat(Math.ceil(missing / 63))
  return labels.slice(labels.length - missing).replace(/^\./, 'a') + domain
}
