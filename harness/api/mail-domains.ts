import { domainToASCII } from 'node:url'

/** Names that never lead anywhere on the Internet (RFC 2606 section 2, RFC 6761). */
const unreachable = ['test', 'example', 'invalid', 'localhost']
/** Reserved for documentation, but they exist (RFC 2606 section 3). */
const documentation = ['example.com', 'example.net', 'example.org']

/** `name` is `zone` or lies under it. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`)
}

export function isUnreachable(domain: string): boolean {
  return unreachable.some((zone) => isWithin(domain, zone))
}

export function isReserved(domain: string): boolean {
  return isUnreachable(domain) || documentation.some((zone) => isWithin(domain, zone))
}

/** Ways to write `@` that some parser on the way may undo: percent, quoted-printable, HTML, JSON and escapes. */
const hiddenAt = /%40|=40|&#0*64;?|&#x0*40;?|&commat;|\\u0*40|\\u\{0*40\}|\\x40|＠|﹫/gi
/** As the separators of RFC 3490 section 3.1, all of which a resolver may take for a dot. */
const dots = /[\u3002\uFF0E\uFF61]/g
const domainText = String.raw`[\p{L}\p{N}_\u00AD\u200B-\u200D-]+(?:[.\u3002\uFF0E\uFF61][\p{L}\p{N}_\u00AD\u200B-\u200D-]+)*`
/** White space, quotes and comments may stand between (RFC 5322 section 4.4). */
const afterAt = new RegExp(String.raw`@[\s"\\]*(?:\([^()]*\)\s*)*(${domainText})`, 'gu')
const literal = /@\s*\[([^\]]*)\]/g
/** The percent hack and bang paths: some relays still route by them. */
const routed = new RegExp(String.raw`%(${domainText}\.\p{L}{2,})|(${domainText}\.\p{L}{2,})!`, 'gu')

/** Every domain that some reading of the text makes an address at: lower case, ASCII; literals in brackets. */
export function addressDomains(text: string): string[] {
  const open = text.replace(hiddenAt, '@')
  const found = [
    ...[...open.matchAll(afterAt)].map((m) => ascii(m[1] ?? '')),
    ...[...open.matchAll(literal)].map((m) => `[${(m[1] ?? '').trim().toLowerCase()}]`),
  ]
  return [...new Set(found)]
}

/** As `addressDomains`, and what the percent hack and bang paths name: for fields that are addresses. */
export function routeDomains(text: string): string[] {
  const routes = [...text.replace(hiddenAt, '@').matchAll(routed)].map((m) => ascii(m[1] ?? m[2] ?? ''))
  return [...new Set([...addressDomains(text), ...routes])]
}

const names = new RegExp(domainText, 'gu')

/** Every domain that a text may be taken for which should be one: with a port, a path, a user or a wildcard, too. */
export function domainsIn(text: string): string[] {
  const found = [...text.matchAll(names)].map(([name]) => ascii(name))
  return found.filter((name) => name.includes('.'))
}

function ascii(domain: string): string {
  const dotted = domain.replace(dots, '.').replace(/\.+$/, '').toLowerCase()
  return domainToASCII(dotted) || dotted
}

/** Every text in a value, and what base64 in it holds. */
export function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value, ...fromBase64(value)]
  if (value === null || typeof value !== 'object' || depth > 20) return []
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')]
  return [...Object.keys(value), ...Object.values(value).flatMap((inner) => textsIn(inner, depth + 1))]
}

function fromBase64(text: string): string[] {
  const bare = text.replace(/\s+/g, '')
  if (bare.length < 8 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(bare)) return []
  const decoded = Buffer.from(bare, 'base64').toString('latin1')
  // Text, or a raw message with whatever an attack puts into it; anything else that happens to decode is noise.
  return /^(?:[\x09\x0a\x0d\x20-\x7e\x80-\xff]+$|[\x21-\x39\x3b-\x7e]+[ \t]*:)/.test(decoded) ? [decoded] : []
}
