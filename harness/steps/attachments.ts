import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { corpus, usualLineEnds } from '../probes/corpora.ts'
import { decodeWords } from '../probes/headers.ts'
import { worstOf } from '../probes/injections.ts'
import { mimeInjectionsIn, type PlantedInPart } from '../probes/mime-injections.ts'
import { boundariesIn, mimeParts } from '../probes/mime-parts.ts'

/** What describes an attachment, and what a caller may have there. */
const benign = {
  filename: 'invoice-4711.txt',
  contentType: 'text/csv',
  contentId: 'logo-4711',
  content: inBase64('Hello'),
} as const

export type AttachmentPart = 'filename' | 'contentType' | 'contentId'

/** A text that describes an attachment, and the ways to break out of it. */
export interface AttachmentText {
  readonly name: 'file name' | 'content type' | 'content id'
  readonly part: AttachmentPart
  readonly breaks: readonly Break[]
}

interface Break {
  readonly name: string
  /** What is in the attachment, in base64, where that matters. */
  readonly content?: string
  spell(hidden: string): string
}

/** What all of them spell. */
export const plantedInPart: PlantedInPart = {
  names: ['Bcc', 'X-Injected'],
  body: '<b>INJECTED</b>',
  parameter: 'x-injected',
  fileName: 'injected.exe',
}

const lines = (hidden: string) => [
  `Bcc: <${hidden}>`,
  'X-Injected: 1',
  'Content-Type: text/html',
  '',
  plantedInPart.body,
]

/** At each line end; the usual ones where the same code has met the others. */
const atLineEnds = (name: string, around: (text: string) => string, all: boolean): Break[] =>
  (all ? corpus('eol') : usualLineEnds()).map((end) => ({
    name: `${name}, ${end.name}`,
    spell: (hidden) => around(lines(hidden).reduce((text, line) => text + end.value + line, '')),
  }))

/** A part in the words of an attachment: to whoever reads its type, it has parts of its own (RFC 2046 §5.1). */
const nested = inBase64(
  ['--nested', 'Content-Type: text/html', '', plantedInPart.body, '--nested--', ''].join('\r\n'),
)

export const attachmentTexts: readonly AttachmentText[] = [
  {
    ...{ name: 'file name', part: 'filename' },
    breaks: [
      ...atLineEnds('line end', (text) => `a.txt${text}`, true),
      ...corpus('file-names').map(({ name, value }) => ({ name, spell: () => value })),
    ],
  },
  {
    ...{ name: 'content type', part: 'contentType' },
    breaks: [
      ...atLineEnds('line end', (text) => `text/csv${text}`, true),
      ...atLineEnds('name of a parameter', (text) => `text/csv; a${text}=b`, false),
      ...atLineEnds('charset', (text) => `text/csv; charset="utf-8${text}"`, false),
      { name: 'boundary', content: nested, spell: () => 'multipart/mixed; boundary=nested' },
      {
        name: 'boundary of alternatives',
        content: nested,
        spell: () => 'multipart/alternative; boundary="nested"',
      },
    ],
  },
  {
    ...{ name: 'content id', part: 'contentId' },
    breaks: [
      ...atLineEnds('line end', (text) => `logo-4711${text}`, false),
      ...atLineEnds('closing bracket', (text) => `logo-4711>${text}`, false),
    ],
  },
]

/** A message with one attachment, benign but for what is said of that. */
export function sendAttachment(
  { post }: Pick<Kit, 'post'>,
  attachment: Partial<Record<AttachmentPart | 'content', string>> = {},
): Promise<Sent> {
  return post.send({ attachments: [{ ...benign, ...attachment }] })
}

/** A guard, and what applies: an attachment arrives, and this text is in what describes it. */
export async function showsInParts(
  { post, verify }: Pick<Kit, 'post' | 'verify'>,
  { name, part }: AttachmentText,
): Promise<void> {
  const { raw } = await (await sendAttachment({ post })).delivered()
  const shown = mimeParts(raw).some(({ header }) =>
    header.fields.some(({ value }) => decodeWords(value).includes(benign[part])),
  )
  verify.applies(shown, `no ${name} of the caller’s stands in delivered mail`)
}

/**
 * A message in whose text, or in whose HTML, a part follows each boundary of another message, which came before: who can guess them
 * closes what he writes. Not applicable where messages have no parts, or carry no such content.
 */
export async function sendGuessedParts(
  kit: Pick<Kit, 'api' | 'post' | 'verify'>,
  within: 'text' | 'html',
): Promise<Sent> {
  kit.verify.applies(kit.api.has('message.send', within), `message.send of the profile carries no ${within}`)
  const { raw } = await (await sendAttachment(kit)).delivered()
  const known = boundariesIn(raw)
  kit.verify.applies(known.length > 0, 'delivered mail has no parts')
  const parts = known.flatMap((boundary) => [
    `--${boundary}`,
    'Content-Type: text/html',
    '',
    plantedInPart.body,
    `--${boundary}`,
    '',
  ])
  const content = ['Hello', '', ...parts].join('\r\n')
  return kit.post.send({ [within]: content, attachments: [benign] })
}

/** A verdict: nothing that describes an attachment became a recipient, a field, a part, a parameter or another file name. */
export async function partsContained(
  { verify }: Pick<Kit, 'verify'>,
  mail: Sent,
  hidden: string,
): Promise<void> {
  const delivery = await mail.contained({ ...plantedInPart, hidden })
  if (delivery === null) return
  const found = await mimeInjectionsIn(delivery.raw, plantedInPart)
  verify.that(found.length === 0, {
    ...{ of: mail.exchange, mail: delivery, ...worstOf(found) },
    expected: 'the text inside one parameter or field of its part, encoded, or refused',
    actual: `the delivered message has ${found.map(({ what }) => what).join(', ')}`,
  })
}

function inBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}
