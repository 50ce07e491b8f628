import { inBase64, plainly } from '../spellings.ts'
import { textsIn } from './mail.ts'

/** Where a text of ours was found. */
export interface Trace {
  /** In words: the text, and how it was written. */
  readonly what: string
  /** The bytes of the message that show it; `''` where only decoding does. */
  readonly around: string
}

/**
 * What of an address, or of another text of ours, stands in a message, in any form: as it is or its random part, with the
 * escapes of quoted-printable, URLs, HTML and JSON, in hex, in base64 at any offset; in what is decoded as in the source. `null`
 * where nothing does. It holds 124 random bits: found in any form, it is no coincidence. Throws UnreadableMail.
 */
export async function traceOf(text: string, message: Uint8Array): Promise<Trace | null> {
  const [, secret = text] = /-([0-9a-f]{32})@/.exec(text) ?? []
  const source = Buffer.from(message).toString('latin1')
  const wanted = [text, secret].map((form) => plainly(form).text)
  const plain = plainly(source, { mail: true })
  for (const form of wanted) {
    const at = plain.text.indexOf(form)
    if (at !== -1) return { what: form, around: source.slice(...plain.stretch(at, at + form.length)) }
  }
  for (const form of [text, secret]) {
    const hex = Buffer.from(form).toString('hex')
    if (plain.text.includes(hex)) return { what: `${form} in hex`, around: hex }
  }
  const unbroken = source.replace(/\r?\n[ \t]*/g, '')
  const unfolded = plainly(unbroken).text
  const folded = wanted.find((form) => unfolded.includes(form))
  if (folded !== undefined) return { what: `${folded}, folded`, around: '' }
  // A token of a link may hold the local part alone, or be encoded as a whole once more.
  const inCode = [...inBase64(text), ...inBase64(secret), ...inBase64(secret).flatMap(inBase64)]
  const encoded = inCode.find((form) => unbroken.includes(form))
  if (encoded !== undefined) return { what: `${text} in base64`, around: encoded }
  const decoded = (await textsIn(message)).some((part) => {
    const read = plainly(part).text
    return wanted.some((form) => read.includes(form)) || inCode.some((form) => part.includes(form))
  })
  return decoded ? { what: `${text} in an encoded part`, around: '' } : null
}
