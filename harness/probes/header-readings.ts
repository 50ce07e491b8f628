import { simpleParser } from 'mailparser'
import PostalMime from 'postal-mime'
import { readHeaders } from './headers.ts'

/** What one program makes of the header block of a message. */
export interface HeaderReading {
  readonly parser: 'RFC 5322' | 'mailparser' | 'postal-mime' | 'Python’s email'
  /** Names of the fields, in lower case, in order. */
  readonly names: readonly string[]
  /** How the body begins. */
  readonly body: string
}

/** Of a body, as much as tells how it begins. Bytes. */
const opening = 2048
/** Longer header blocks are cut: they come from the target. Bytes. */
const longest = 262_144

/**
 * Four readings of the same bytes: the standard's, by which CR LF alone ends a line, and those of programs that take
 * other things for line ends, and other lines for fields. A well-formed block reads the same to all. `standard` is the first.
 */
export async function headerReadings(
  message: Uint8Array,
  standard = readHeaders(message),
): Promise<HeaderReading[]> {
  const whole = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const head = whole.subarray(0, Math.min(standard.body, longest) + opening)
  return [
    {
      parser: 'RFC 5322',
      names: standard.headerNames.map((name) => name.toLowerCase()),
      body: opens(whole.subarray(standard.body)),
    },
    await asMailparser(head),
    await asPostalMime(head),
    asPython(head),
  ]
}

/** A program that refuses the block, for its length say, reads nothing in it. */
const refused = { names: [], body: '' }

async function asMailparser(head: Buffer): Promise<HeaderReading> {
  const parser = 'mailparser'
  return simpleParser(head, { skipTextToHtml: true, skipTextLinks: true }).then(
    ({ headerLines, text = '' }) => ({ parser, names: headerLines.map(({ key }) => key), body: text }),
    () => ({ parser, ...refused }),
  )
}

async function asPostalMime(head: Buffer): Promise<HeaderReading> {
  const parser = 'postal-mime'
  return PostalMime.parse(head).then(
    ({ headers, text = '' }) => ({ parser, names: headers.map(({ key }) => key), body: text }),
    () => ({ parser, ...refused }),
  )
}

/** As email.feedparser of CPython 3 does: CR, LF and CR LF end a line, and one that is no field ends the block. */
function asPython(head: Buffer): HeaderReading {
  const lines = head.toString('latin1').split(/(?<=\r\n|\r(?!\n)|\n)/)
  const names: string[] = []
  for (const [at, line] of lines.entries()) {
    const [, name] = /^([!-9;-~]*):/.exec(line) ?? []
    if (name !== undefined) names.push(name.toLowerCase())
    if (name !== undefined || /^[ \t]/.test(line) || (at === 0 && line.startsWith('From '))) continue
    const body = lines.slice(/^[\r\n]+$/.test(line) ? at + 1 : at).join('')
    return { parser: 'Python’s email', names, body }
  }
  return { parser: 'Python’s email', names, body: '' }
}

function opens(body: Buffer): string {
  return body.subarray(0, opening).toString('utf8')
}
