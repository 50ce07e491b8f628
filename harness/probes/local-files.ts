import { isObject, readJson } from '../json.ts'
import { readMail } from './mail.ts'

/** A file that every system of a kind has, and nobody else writes. */
const files = [
  { path: '/etc/passwd', shape: /^root:[^:\r\n]*:0:0:[^:\r\n]*:\/[^:\r\n]*:/m },
  { path: 'C:/Windows/win.ini', shape: /^; for 16-bit app support\s+\[fonts\]/m },
] as const

/** Spellings by which a program that reads what it is told finds one of them: paths, a way out of a folder, and a URL (RFC 8089). */
export const namesOfFiles: readonly string[] = [
  '/etc/passwd',
  '../../../../../../../../etc/passwd',
  'file:///etc/passwd',
  'C:/Windows/win.ini',
]

/** A file of the target's in a message. */
export interface ShownFile {
  readonly path: string
  /** What of the message is its content, as far as that can be told. */
  readonly content: string
}

/** By its form, in whatever part and encoding, `data:` URLs too; `null` where there is none. Throws UnreadableMail. */
export async function fileShownIn(message: Uint8Array): Promise<ShownFile | null> {
  const whole = fileIn(Buffer.from(message).toString('latin1'))
  const parts = await readMail(message).catch((error: unknown) => {
    if (whole === null) throw error
    return { html: '', text: '', others: [] }
  })
  // In a part, what comes after the file is the file's.
  const found = [parts.text, parts.html, ...parts.others].map(fileIn).find((file) => file !== null)
  return found ?? whole
}

function fileIn(text: string): ShownFile | null {
  const inUrls = [...text.matchAll(/;base64,([A-Za-z0-9+/=]{16,})/g)].map(([, code = '']) =>
    Buffer.from(code, 'base64').toString('latin1'),
  )
  for (const each of [text, ...inUrls])
    for (const { path, shape } of files) {
      const at = each.search(shape)
      if (at >= 0) return { path, content: each.slice(at) }
    }
  return null
}

/** What is written into a letter, each in one place of its own, so that it is found again in the body of a request. */
export interface Marks {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The content of an attachment before base64, and its name. */
  readonly attachment: string
  readonly filename: string
}

type Members = Record<string, unknown>

/** A string in a body: the object or list that holds it, by which key, and what holds that. */
interface Place {
  readonly holder: Members | unknown[]
  readonly key: string
  readonly around: Place | null
}

/** Where a body of JSON holds the parts of a letter. */
interface Letter {
  readonly text: Place | null
  readonly html: Place | null
  readonly content: Place | null
  readonly attachment: Place | null
  /** The objects that may be the message for whoever reads the body: it as a whole, and what holds the subject. */
  readonly messages: readonly Members[]
}

/** A way to have whoever composes a message read a file, or ask for a URL. */
export interface WayToName {
  readonly name: string
  /** Writes it into the body; false where that has no place for it. */
  write(letter: Letter, place: string): boolean
}

/** The body changed so; `null` where it has no place for it, or is no JSON. */
export function namedIn(body: string, marks: Partial<Marks>, way: WayToName, place: string): string | null {
  const read = readJson(body)
  return way.write(letterIn(read, marks), place) ? JSON.stringify(read) : null
}

function letterIn(body: unknown, marks: Partial<Marks>): Letter {
  const places = [...stringsIn(body, null)]
  const placeOf = (mark: string | undefined) =>
    mark === undefined
      ? null
      : (places.find(({ holder, key }) => String(at(holder, key)).includes(mark)) ?? null)
  const { attachment, subject } = marks
  const content = placeOf(attachment && Buffer.from(attachment).toString('base64')) ?? placeOf(attachment)
  return {
    text: placeOf(marks.text),
    html: placeOf(marks.html),
    content,
    attachment: (content ?? placeOf(marks.filename))?.around ?? null,
    messages: [...new Set([body, placeOf(subject)?.holder])].filter(isObject),
  }
}

function* stringsIn(holder: unknown, around: Place | null): Generator<Place> {
  if (holder === null || typeof holder !== 'object') return
  for (const [key, value] of Object.entries(holder)) {
    const place = { holder: holder as Members, key, around }
    if (typeof value === 'string') yield place
    else yield* stringsIn(value, place)
  }
}

const at = (holder: Place['holder'], key: string): unknown => (holder as Members)[key]

function put(place: Place | null, value: unknown): boolean {
  if (place !== null) (place.holder as Members)[place.key] = value
  return place !== null
}

/** What an attachment has beside its content; `null` where the body has none, or not as an object. */
function bare({ attachment, content }: Letter): Members | null {
  const item = attachment === null ? null : at(attachment.holder, attachment.key)
  if (!isObject(item)) return null
  return Object.fromEntries(Object.entries(item).filter(([key]) => key !== content?.key))
}

const attached = (name: string, member: (place: string) => Members): WayToName => ({
  name: `an attachment ${name}`,
  write(letter, place) {
    const rest = bare(letter)
    if (rest !== null) return put(letter.attachment, { ...rest, ...member(place) })
    for (const message of letter.messages)
      message['attachments'] = [{ filename: 'a.txt', contentType: 'text/plain', ...member(place) }]
    return letter.messages.length > 0
  },
})

const beside = (name: string, member: (place: string) => Members): WayToName => ({
  name,
  write({ messages }, place) {
    for (const message of messages) Object.assign(message, member(place))
    return messages.length > 0
  },
})

/**
 * Contents as libraries take them that compose mail (CWE-73): an object with a path or an address where a text is meant, and
 * members of a message and of an attachment that nobody has described.
 */
export const waysToName: readonly WayToName[] = [
  { name: 'a text with a path', write: ({ text }, path) => put(text, { path }) },
  { name: 'a text with an address', write: ({ text }, href) => put(text, { href }) },
  { name: 'HTML with a path', write: ({ html }, path) => put(html, { path }) },
  { name: 'HTML with an address', write: ({ html }, href) => put(html, { href }) },
  { name: 'content with a path', write: ({ content }, path) => put(content, { path }) },
  { name: 'content with an address', write: ({ content }, href) => put(content, { href }) },
  { name: 'content that is a path', write: ({ content }, path) => put(content, path) },
  {
    name: 'a path for an attachment',
    write: ({ attachment }, path) => put(attachment, path),
  },
  attached('with a path', (path) => ({ path })),
  attached('with an address', (href) => ({ href })),
  attached('with a URL', (url) => ({ url })),
  attached('with a file', (file) => ({ file })),
  attached('with a raw part', (path) => ({ raw: { path } })),
  {
    name: 'an attachment with a path beside its content',
    write({ attachment }, path) {
      const item = attachment === null ? null : at(attachment.holder, attachment.key)
      return isObject(item) && put(attachment, { ...item, path })
    },
  },
  beside('a raw message with a path', (path) => ({ raw: { path } })),
  beside('a raw message with an address', (href) => ({ raw: { href } })),
  beside('an event with a path', (path) => ({ icalEvent: { path } })),
  beside('AMP with a path', (path) => ({ amp: { path } })),
  beside('HTML for watches with a path', (path) => ({ watchHtml: { path } })),
  beside('an alternative with a path', (path) => ({ alternatives: [{ path, contentType: 'text/plain' }] })),
]
