import libmime from 'libmime'
import { simpleParser } from 'mailparser'
import PostalMime from 'postal-mime'
import { type Injection, injectionsIn, type Planted } from './injections.ts'
import { assertReadable } from './mail.ts'
import { type MimePart, mimeParts } from './mime-parts.ts'

/** What a caller put into the description of an attachment so that it becomes more than that. `body` is HTML. */
export interface PlantedInPart extends Planted {
  /** A parameter that it spells, in lower case. */
  readonly parameter: string
  /** A file name that it spells. */
  readonly fileName: string
}

/**
 * What of it stands in the parts of a message, in words, and what that is worth: a header field of a part, a part or a body that
 * any of the readings finds is high, a parameter or another file name medium, an ill-formed line low. Throws UnreadableMail.
 */
export async function mimeInjectionsIn(message: Uint8Array, planted: PlantedInPart): Promise<Injection[]> {
  assertReadable(message)
  const parts = mimeParts(message)
  const inHeaders = await Promise.all(parts.map(({ raw }) => injectionsIn(raw, planted)))
  const [mailparser, postalMime] = await Promise.all([asMailparser(message), asPostalMime(message)])
  const gained = [mailparser, postalMime].filter((reading) => showsAlone(reading, planted.body))
  const named = [mailparser, postalMime].filter(({ files }) => files.includes(planted.fileName))
  const parameters = parts.flatMap(parametersOf)
  return [
    ...inHeaders.flat().map((injection) => ({ ...injection, what: `${injection.what} of a part` })),
    ...(gained.length === 0
      ? []
      : [
          {
            what: `a part of the caller’s own${to(gained)}`,
            severity: 'high',
            around: planted.body,
          } as const,
        ]),
    ...(parameters.includes(planted.parameter)
      ? [
          {
            what: `a parameter ${planted.parameter}`,
            severity: 'medium',
            around: planted.parameter,
          } as const,
        ]
      : []),
    ...(parts.some(twiceNamed)
      ? [{ what: 'two file names in one field', severity: 'medium', around: planted.fileName } as const]
      : []),
    ...(named.length === 0
      ? []
      : [
          {
            what: `the file name ${planted.fileName}${to(named)}`,
            severity: 'medium',
            around: planted.fileName,
          } as const,
        ]),
  ]
}

/** The parts of a message as one program finds them. */
interface Reading {
  readonly parser: string
  readonly html: string
  readonly files: readonly string[]
  /** How attachments begin. */
  readonly contents: readonly string[]
}

function showsAlone({ html, contents }: Reading, body: string): boolean {
  return [html, ...contents].some((content) => content.trimStart().startsWith(body))
}

const to = (readings: readonly Reading[]) => ` to ${readings.map(({ parser }) => parser).join(' and ')}`

/** Of the beginning of an attachment, as much as tells what it is. Bytes. */
const opening = 2048

/** A program that refuses the message reads nothing in it. */
const refused = { html: '', files: [], contents: [] }

async function asMailparser(message: Uint8Array): Promise<Reading> {
  const parser = 'mailparser'
  const options = { skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true }
  return simpleParser(Buffer.from(message), options).then(
    ({ html, attachments }) => ({
      ...{ parser, html: html || '' },
      files: attachments.map(({ filename }) => filename ?? ''),
      contents: attachments.map(({ content }) => content.subarray(0, opening).toString('utf8')),
    }),
    () => ({ parser, ...refused }),
  )
}

async function asPostalMime(message: Uint8Array): Promise<Reading> {
  const parser = 'postal-mime'
  return PostalMime.parse(message).then(
    ({ html = '', attachments }) => ({
      ...{ parser, html },
      files: attachments.map(({ filename }) => filename ?? ''),
      contents: attachments.map(({ content }) =>
        Buffer.from(content as ArrayBuffer)
          .subarray(0, opening)
          .toString('utf8'),
      ),
    }),
    () => ({ parser, ...refused }),
  )
}

/** Names of the parameters that describe a part, in lower case: by the grammar, and as mailparser’s library finds them. */
function parametersOf({ header }: MimePart): string[] {
  return ['Content-Type', 'Content-Disposition'].flatMap((name) =>
    header.field(name).flatMap(({ value }) => {
      const text = value.slice(0, 4096)
      return [...byGrammar(text), ...Object.keys(libmime.parseHeaderValue(text).params)]
    }),
  )
}

/** Which of them counts is for each program to say. */
function twiceNamed({ header }: MimePart): boolean {
  return header
    .field('Content-Disposition')
    .some(({ value }) => byGrammar(value.slice(0, 4096)).filter((name) => name === 'filename').length > 1)
}

/** RFC 2045 §5.1: a token or a quoted string after each name; what is neither ends the reading. */
function byGrammar(value: string): string[] {
  const parameter = /\s*;\s*([!#$%&'*+.0-9A-Z^_`a-z{|}~-]+)\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;"]+)/sy
  parameter.lastIndex = value.search(/;|$/)
  const names: string[] = []
  for (let match = parameter.exec(value); match !== null; match = parameter.exec(value))
    names.push((match[1] ?? '').toLowerCase())
  return names
}
