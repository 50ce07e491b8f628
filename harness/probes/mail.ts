import PostalMime, { decodeWords } from 'postal-mime'
import { readHeaders } from './headers.ts'

export interface ReadMail {
  /** `''` where there is none. */
  readonly html: string
  readonly text: string
  /** All other parts, decoded, bytes as latin1; those of messages within the message too. */
  readonly others: readonly string[]
}

/** The bodies of a message as a mail program decodes them; empty ones where it is nested beyond reason. */
export async function readMail(raw: Uint8Array): Promise<ReadMail> {
  try {
    const { html = '', text = '', attachments } = await PostalMime.parse(raw, { maxNestingDepth: deepest })
    const others = attachments.map(({ content }) => Buffer.from(content as ArrayBuffer).toString('latin1'))
    return { html, text, others }
  } catch {
    return { html: '', text: '', others: [] }
  }
}

/** Parts within parts: no mail needs more. */
const deepest = 64

/** Every text that a reader, or a program that looks at the source, finds in a message: decoded, header fields unfolded. */
export async function textsIn(raw: Uint8Array): Promise<readonly string[]> {
  const { html, text, others } = await readMail(raw)
  const fields = readHeaders(raw).fields.map(({ name, value }) => `${name}: ${decodeWords(value)}`)
  return [...fields, html, text, ...others]
}
