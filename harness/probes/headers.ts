import libmime from 'libmime'

/** One header field as it is on the wire. */
export interface HeaderField {
  /** As written, without white space before the colon; the text of the whole line where there is no colon. */
  readonly name: string
  /** Unfolded (RFC 5322 §2.2.3), outer white space removed, UTF-8; bare CR, LF and NUL are still in it. */
  readonly value: string
  /** From the first byte of the name to the last byte before the closing CR LF, folds included. */
  readonly raw: Buffer
  /** Where `raw` begins in the message. */
  readonly offset: number
}

export type HeaderAnomaly =
  | 'a bare CR'
  | 'a bare LF'
  | 'a NUL'
  | 'a control character'
  | 'a line without a field name'
  | 'an ill-formed field name'
  | 'white space before the first field'
  | 'white space before a colon'

export interface HeaderBlock {
  /** In order of arrival. */
  readonly fields: readonly HeaderField[]
  /** As written, in order. */
  readonly headerNames: readonly string[]
  /** What no sound composer writes, each kind once. */
  readonly anomalies: readonly HeaderAnomaly[]
  /** Offset of the first byte of the body; the length of the message where there is none. */
  readonly body: number
  /** All fields of that name, whatever the case. */
  field(name: string): HeaderField[]
}

const cr = 0x0d
const lf = 0x0a

/**
 * Reads the header block of a message (RFC 5322 §2.2) on its bytes: CR LF alone ends a line. Everything else that some
 * reader takes for a line end (bare CR or LF, U+0085, U+2028 …) stays within the field, so an injected field is
 * reported only where there is one.
 */
export function readHeaders(message: Uint8Array): HeaderBlock {
  const raw = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const { ranges, body } = fieldRanges(raw)
  const anomalies = new Set<HeaderAnomaly>(byteAnomalies(raw.subarray(0, body)))
  const fields = ranges.map(([begin, end]) => readField(raw, begin, end, anomalies))
  return {
    fields,
    headerNames: fields.map(({ name }) => name),
    anomalies: [...anomalies],
    body,
    field: (name) => fields.filter((field) => field.name.toLowerCase() === name.toLowerCase()),
  }
}

/** The text of a field with its encoded words (RFC 2047) decoded. */
export function decodeWords(value: string): string {
  return libmime.decodeWords(value)
}

/** Of the header block, or of all where nothing ends it. */
export function sizeOfHeader(message: Uint8Array): { bytes: number; lines: number } {
  const raw = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const end = raw.indexOf('\r\n\r\n')
  const bytes = end === -1 ? raw.length : end
  let lines = 1
  for (let at = raw.indexOf('\r\n'); at !== -1 && at < bytes; at = raw.indexOf('\r\n', at + 2)) lines++
  return { bytes, lines }
}

/** Begin and end of every field, folded lines joined, and where the body begins. */
function fieldRanges(raw: Buffer): { ranges: [begin: number, end: number][]; body: number } {
  const ranges: [number, number][] = []
  let at = 0
  while (at < raw.length) {
    const found = raw.indexOf('\r\n', at)
    const end = found === -1 ? raw.length : found
    const next = Math.min(end + 2, raw.length)
    if (end === at && found !== -1) return { ranges, body: next }
    const last = ranges.at(-1)
    if (last !== undefined && isWhiteSpace(raw[at])) last[1] = end
    else ranges.push([at, end])
    at = next
  }
  return { ranges, body: raw.length }
}

function readField(raw: Buffer, begin: number, end: number, anomalies: Set<HeaderAnomaly>): HeaderField {
  const bytes = raw.subarray(begin, end)
  const text = bytes.toString('utf8').replace(/\r\n(?=[ \t])/g, '')
  const colon = text.indexOf(':')
  const written = colon === -1 ? text : text.slice(0, colon)
  const name = trimmed(written)
  if (colon === -1) anomalies.add('a line without a field name')
  // RFC 5322 §2.2: printable US-ASCII without the colon.
  if (colon !== -1 && !/^[!-9;-~]+$/.test(name)) anomalies.add('an ill-formed field name')
  if (/^[ \t]/.test(written)) anomalies.add('white space before the first field')
  if (colon !== -1 && /[ \t]$/.test(written)) anomalies.add('white space before a colon')
  const value = colon === -1 ? '' : trimmed(text.slice(colon + 1))
  return { name, value, raw: bytes, offset: begin }
}

function* byteAnomalies(block: Buffer): Generator<HeaderAnomaly> {
  for (let i = 0; i < block.length; i++) {
    if (block[i] === 0) yield 'a NUL'
    if (block[i] === cr && block[i + 1] !== lf) yield 'a bare CR'
    if (block[i] === lf && block[i - 1] !== cr) yield 'a bare LF'
    if (isOtherControl(block[i])) yield 'a control character'
  }
}

/** Without outer SP and HTAB; a regular expression would be quadratic in hostile white space. */
function trimmed(text: string): string {
  let [begin, end] = [0, text.length]
  while (text[begin] === ' ' || text[begin] === '\t') begin++
  while (end > begin && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  return text.slice(begin, end)
}

/** C0 and DEL (RFC 5322 §2.2), but for HTAB and for what has a name of its own above. */
function isOtherControl(byte = 0x20): boolean {
  return (byte < 0x20 && ![0, 0x09, lf, cr].includes(byte)) || byte === 0x7f
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09
}
