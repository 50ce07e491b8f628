import { simpleParser } from 'mailparser'

export interface ReadMail {
  /** `''` where there is none. */
  readonly html: string
  readonly text: string
}

/** The bodies of a message as a mail program decodes them; bounded by what the exchangers take. */
export async function readMail(raw: Uint8Array): Promise<ReadMail> {
  const { html, text } = await simpleParser(Buffer.from(raw), {
    skipImageLinks: true,
    skipTextToHtml: true,
    skipTextLinks: true,
  })
  return { html: html || '', text: text ?? '' }
}
