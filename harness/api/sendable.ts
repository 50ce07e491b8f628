import type { HttpRequest } from '../model.ts'
import { Unproven } from '../verdicts.ts'

type Fields = readonly (readonly [name: string, value: string])[]

/** No HTTP client sends it. That says nothing of the target; the text says where it came from. */
export class Unsendable extends Unproven {}

/** Where something comes from, and what to do where it cannot be sent. */
export interface Source {
  readonly from: string
  readonly remedy: string
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const notInFields = /[^\t\x20-\x7e\x80-\xff]/u
const notInPaths = /[^\x21-\xff]/u
/** What the client says of its own connection, and `Expect`, which it does not know. */
const clients = ['transfer-encoding', 'keep-alive', 'upgrade', 'expect']

/** Throws Unsendable for a header field that is none (RFC 9110 section 5). */
export function assertFields(fields: Fields, source: Source): void {
  for (const [name, value] of fields) {
    const fault = fieldFault(name, value)
    if (fault !== null) throw new Unsendable(`${fault}: it comes from ${source.from}`, source.remedy)
  }
}

/** Throws Unsendable for text that has no octets, such as half of an emoji: neither UTF-8 nor a URL can hold it. */
export function assertText(text: string, source: Source): void {
  if (!text.isWellFormed())
    throw new Unsendable(
      `a text with a lone surrogate has no encoding: it comes from ${source.from}`,
      source.remedy,
    )
}

/** Throws Unsendable for a request that the client would refuse: the last gate, where nobody knows any more what came from where. */
export function assertSendable(request: HttpRequest): void {
  const fault = requestFault(request)
  if (fault !== null)
    throw new Unsendable(
      fault,
      'the check wrote the request so, out of what the target or the profile gave it',
    )
}

function requestFault({ method, path, headers, body }: HttpRequest): string | null {
  if (!token.test(method) || method === 'CONNECT')
    return `no HTTP client sends the method ${JSON.stringify(method)} (RFC 9110 section 9.1)`
  if (!path.startsWith('/')) return 'no HTTP client sends a path that does not begin with a slash'
  const inPath = character(path, notInPaths)
  if (inPath !== null) return `no HTTP client sends a path with ${inPath} (RFC 9112 section 3.2)`
  return (
    headers.map(([name, value]) => fieldFault(name, value)).find((fault) => fault !== null) ??
    framingFault(headers, body)
  )
}

function fieldFault(name: string, value: string): string | null {
  if (!token.test(name))
    return `no HTTP client sends a header field of the name ${JSON.stringify(name)} (RFC 9110 section 5.1)`
  const inValue = character(value, notInFields)
  if (inValue !== null)
    return `no HTTP client sends the header field ${name} with ${inValue} in it (RFC 9110 section 5.5)`
  const lower = name.toLowerCase()
  if (clients.includes(lower) || (lower === 'connection' && !value.split(',').every(isOption)))
    return `no HTTP client sends a header field ${name} that is not its own (RFC 9110 section 7.6.1)`
  return null
}

function isOption(text: string): boolean {
  return token.test(text.trim())
}

/** What would have the target wait for more, or take the rest for another request. */
function framingFault(headers: Fields, body: HttpRequest['body']): string | null {
  const values = (wanted: string) =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)
  if (values('host').length > 1) return 'no HTTP client sends two header fields Host (RFC 9112 section 3.2)'
  const [length, ...more] = values('content-length')
  const right = String(body === null ? 0 : Buffer.byteLength(body))
  return length === undefined || (length === right && more.length === 0)
    ? null
    : 'no HTTP client sends a Content-Length that is not that of the body (RFC 9110 section 8.6)'
}

/** The first character that must not be there, in words: what it is part of may be a secret. */
function character(text: string, forbidden: RegExp): string | null {
  const [found] = forbidden.exec(text) ?? []
  if (found === undefined) return null
  if (/[\r\n]/.test(found)) return 'a line break'
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return found === ' ' ? 'a blank' : `U+${code}`
}
