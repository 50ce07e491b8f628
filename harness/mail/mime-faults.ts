import { readHeaders } from '../probes/headers.ts'
import { mimeParts } from '../probes/mime-parts.ts'
import { about, type Judged } from './judged.ts'

/** RFC 5322 §3.6: fields that stand once at most. */
const once = ['date', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'message-id', 'subject']

/** RFC 5322 §2.1.1: octets of a line without its CR LF. */
const longestLine = 998

/** Whether the message is one as RFC 5322 and RFC 2045 have it. Throws UnreadableMail. */
export function mimeJudgements(raw: Uint8Array): Judged[] {
  const { right, told, wrong } = about('mime')
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const header = readHeaders(raw)
  const parts = mimeParts(raw)
  const missing = ['Date', 'From', 'Message-ID'].filter((name) => header.field(name).length === 0)
  const several = once.filter((name) => header.field(name).length > 1)
  const beyond = header.fields.filter(({ raw: field }) => field.some((octet) => octet > 0x7f))
  const anomalies = new Set([header, ...parts.map((part) => part.header)].flatMap((block) => block.anomalies))
  const long = longLines(bytes)
  const found: Judged[] = []
  if (missing.length > 0)
    found.push(wrong('low', `there is no ${missing.join(', no ')}`, 'write it where the message is composed'))
  if (several.length > 0) {
    const remedy = 'write it once (RFC 5322 §3.6): programs differ in which one they show'
    found.push(wrong('medium', `${several.join(', ')} stands more than once`, remedy))
  }
  if (anomalies.size > 0) {
    const remedy = 'see what a caller can write into it: where that is a line break, it is an injection'
    found.push(wrong('medium', `a header has ${[...anomalies].join(', ')}`, remedy))
  }
  if (long > 0) {
    const remedy = 'encode the part in quoted-printable or base64: servers break such lines, or refuse them'
    found.push(wrong('low', `${long} lines have more than ${longestLine} octets`, remedy))
  }
  if (hasBareEnds(bytes.subarray(header.body))) {
    const remedy = 'end each line with CR LF (RFC 5321 §2.3.8): where servers differ in it, mail is smuggled'
    found.push(wrong('low', 'the body has CR or LF alone', remedy))
  }
  if (found.length === 0)
    found.push(right(`well-formed, ${parts.length === 0 ? 'one body' : `${parts.length} parts`}`))
  const names = [...new Set(beyond.map(({ name }) => name))].join(', ')
  return beyond.length === 0
    ? found
    : [...found, told(`${names} holds octets beyond ASCII, which wants SMTPUTF8 (RFC 6532)`)]
}

function longLines(bytes: Buffer): number {
  let count = 0
  for (let begin = 0; begin < bytes.length; ) {
    const found = bytes.indexOf('\n', begin)
    const end = found === -1 ? bytes.length : found
    if (end - begin - (bytes[end - 1] === 0x0d ? 1 : 0) > longestLine) count++
    begin = end + 1
  }
  return count
}

function hasBareEnds(body: Buffer): boolean {
  return body.some(
    (octet, i) => (octet === 0x0a && body[i - 1] !== 0x0d) || (octet === 0x0d && body[i + 1] !== 0x0a),
  )
}
