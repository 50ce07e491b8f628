import escapeStringRegexp from 'escape-string-regexp'
import libmime from 'libmime'
import { type HeaderBlock, readHeaders } from './headers.ts'
import { UnreadableMail } from './mail.ts'

/** A part of a message (RFC 2045 §2.4). */
export interface MimePart {
  /** Header and body; without the line end before the boundary that ends it. */
  readonly raw: Buffer
  readonly header: HeaderBlock
}

/** Parts within parts, and parts altogether: what has more was made to exhaust its readers. */
const [deepest, most] = [20, 1000]

/**
 * The parts of a message, without the message itself, in order and with those within parts. A boundary is looked for where a line
 * begins, after a bare LF too, as lenient programs do. Throws UnreadableMail where there are more than anybody sends.
 */
export function mimeParts(message: Uint8Array): MimePart[] {
  const found: MimePart[] = []
  const visit = (raw: Buffer, header: HeaderBlock, depth: number) => {
    const boundary = boundaryOf(header)
    if (boundary === null) return
    if (depth === deepest)
      throw new UnreadableMail(`its parts are within one another more than ${deepest} deep`)
    for (const part of between(raw.subarray(header.body), boundary)) {
      if (found.length === most) throw new UnreadableMail(`it has more than ${most} parts`)
      const inner = { raw: part, header: readHeaders(part) }
      found.push(inner)
      visit(part, inner.header, depth + 1)
    }
  }
  const whole = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  visit(whole, readHeaders(whole), 0)
  return found
}

/** Of a message and of its parts. Throws UnreadableMail. */
export function boundariesIn(message: Uint8Array): string[] {
  const headers = [readHeaders(message), ...mimeParts(message).map(({ header }) => header)]
  return headers.flatMap((header) => boundaryOf(header) ?? [])
}

function boundaryOf(header: HeaderBlock): string | null {
  const [field] = header.field('Content-Type')
  const { value, params } = libmime.parseHeaderValue(field?.value.slice(0, 4096) ?? '')
  return /^multipart\//i.test(value) ? params['boundary'] || null : null
}

/** RFC 2046 §5.1.1. What comes before the first boundary, and after the last, is no part. */
function between(body: Buffer, boundary: string): Buffer[] {
  const text = body.toString('latin1')
  const delimiter = new RegExp(
    `(?:^|\\r?\\n)--${escapeStringRegexp(Buffer.from(boundary).toString('latin1'))}(--)?[ \\t]*(?:\\r?\\n|$)`,
    'g',
  )
  const parts: Buffer[] = []
  let begin: number | null = null
  for (let match = delimiter.exec(text); match !== null; match = delimiter.exec(text)) {
    if (begin !== null) parts.push(body.subarray(begin, Math.max(begin, match.index)))
    begin = match.index + match[0].length
    if (match[1] !== undefined) return parts
    // The line end behind one boundary may be the one before the next.
    if (match[0].endsWith('\n')) delimiter.lastIndex = begin - 1
    if (parts.length > most) return parts
  }
  return begin === null ? parts : [...parts, body.subarray(begin)]
}
