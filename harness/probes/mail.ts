import PostalMime, { decodeWords } from 'postal-mime'
import { readHeaders, sizeOfHeader } from './headers.ts'

export interface ReadMail {
  /** `''` where there is none. */
  readonly html: string
  readonly text: string
  /** All other parts, decoded, bytes as latin1; those of messages within the message too. */
  readonly others: readonly string[]
  /** Those of them that mail programs read in the place of a body, or beside it: AMP, HTML for watches, invitations. */
  readonly shown: readonly { readonly type: string; readonly text: string }[]
}

const shownTypes = /^text\/(?:x-amp-html|watch-html|calendar)$/i

/** What arrived is no message that programs read: it says nothing of what the check asks. */
export class UnreadableMail extends Error {
  override readonly name = 'UnreadableMail'
  readonly why: string
  constructor(why: string) {
    super(`a message of the target cannot be read: ${why}`)
    this.why = why
  }
}

/** What programs of receivers take, with much to spare (Postfix: 100 KiB for one field). */
const most = { bytes: 512 * 1024, lines: 10_000, boundaries: 1000 }

/** Throws UnreadableMail for a message that was made to exhaust its readers, by its header or by the number of its parts. */
export function assertReadable(raw: Uint8Array): void {
  const { bytes, lines } = sizeOfHeader(raw)
  if (bytes > most.bytes || lines > most.lines)
    throw new UnreadableMail(
      `its header has ${bytes} bytes in ${lines} lines, where ${most.bytes} in ${most.lines} are the most that is read`,
    )
  if (boundaryLines(raw) > most.boundaries)
    throw new UnreadableMail(
      `more than ${most.boundaries} of its lines begin as boundaries do (RFC 2046 §5.1.1), which is the most that is read`,
    )
}

/** Lines that begin with `--`, of whichever part; no more are counted than it takes to be too many. */
function boundaryLines(raw: Uint8Array): number {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  let lines = 0
  for (
    let at = bytes.indexOf('\n--');
    at !== -1 && lines <= most.boundaries;
    at = bytes.indexOf('\n--', at + 3)
  )
    lines++
  return lines
}

/** The bodies of a message as a mail program decodes them; bounded by what the exchangers take. Throws UnreadableMail. */
export async function readMail(raw: Uint8Array): Promise<ReadMail> {
  assertReadable(raw)
  const {
    html = '',
    text = '',
    attachments,
  } = await PostalMime.parse(raw).catch((error: Error) => {
    // MIME parts within parts without end, say.
    throw new UnreadableMail(error.message)
  })
  const others = attachments.map(({ content }) => Buffer.from(content as ArrayBuffer).toString('latin1'))
  const shown = attachments
    .filter(({ mimeType }) => shownTypes.test(mimeType))
    .map(({ mimeType, content }) => ({
      type: mimeType.toLowerCase(),
      text: Buffer.from(content as ArrayBuffer).toString('utf8'),
    }))
  return { html, text, others, shown }
}

/**
 * Every text that a reader, or a program that looks at the source, finds in a message: decoded, header fields unfolded. Throws
 * UnreadableMail.
 */
export async function textsIn(raw: Uint8Array): Promise<readonly string[]> {
  const { html, text, others } = await readMail(raw)
  const fields = readHeaders(raw).fields.map(({ name, value }) => `${name}: ${decodeWords(value)}`)
  return [...fields, html, text, ...others]
}
