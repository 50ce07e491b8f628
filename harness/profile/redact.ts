import escapeStringRegexp from 'escape-string-regexp'
import { firstFree, madeVariable, variableOf } from '../shell.ts'
import { inBase64, looksLikeMail, type Plain, plainly } from '../spellings.ts'
import { shortestSecret } from './secrets.ts'

/** A piece of text, or the shell variable that stands for a secret. */
export type Piece = { readonly text: string } | { readonly variable: string }

export interface Redactor {
  /** Makes a value known; one that is known already keeps its first name. Returns the name. */
  learn(name: string, value: string): string
  /** Every known secret, in whatever spelling, replaced by `$NAME`; credentials that are not known by `$CREDENTIAL`. */
  redact(text: string): string
  pieces(text: string): Piece[]
  /** The value that has this name; `null` where none has. */
  secretOf(variable: string): string | null
}

/** What a secret, or something made of it, is in plain text. */
interface Form {
  readonly plain: string
  readonly name: string
}

/** UTF-16 code units: hardly a secret is longer in any spelling. */
export const longestSecret = 16 * 1024

/**
 * The beginning of a text, redacted: of one that is much longer than `length` no more is looked at, since to redact costs
 * memory, and what may be the first half of a secret there is left out.
 */
export function redactedStart(
  text: string,
  length: number,
  redact: (text: string) => string,
): { readonly start: string /** How much more there is. */; readonly unseen: number } {
  const looked = 4 * (length + longestSecret)
  if (text.length <= looked) return { start: redact(text), unseen: 0 }
  const all = redact(text.slice(0, looked))
  const start = all.slice(0, Math.max(0, all.length - longestSecret))
  return { start, unseen: text.length - looked + all.length - start.length }
}

/** Knows every secret of a run, and the names of the fields and parameters in which its signatures stand. */
export function createRedactor(
  secrets: readonly { name: string; value: string }[] = [],
  signatureNames: readonly string[] = [],
): Redactor {
  const signed = valuesNamed(signatureNames)
  const names = new Map<string, string>()
  const values = new Map<string, string>()
  const asTheyAre = createIndex()
  const forms = createIndex()
  const formsInMail = createIndex()

  const name = (variable: string, value: string): string => {
    const known = names.get(value)
    if (known !== undefined) return known
    variable = firstFree(variable, values)
    if (value.length < shortestSecret) return variable
    names.set(value, variable)
    values.set(variable, value)
    asTheyAre.add({ plain: value, name: variable })
    const all = formsOf(value).map((form) => ({ form, name: variable }))
    const signature = jwtSignature(value)
    if (signature !== null) all.push({ form: signature, name: `${variable}_SIGNATURE` })
    for (const mail of [false, true])
      for (const { form, name } of all) {
        const plain = plainly(form, { mail }).text
        // Of what is short, or hardly more than escapes, nothing is left to look for.
        if (plain.length >= shortestSecret) (mail ? formsInMail : forms).add({ plain, name })
      }
    return variable
  }
  for (const secret of secrets) name(variableOf(secret.name), secret.value)

  const hidden = (text: string): readonly Hidden[] => {
    const found: Hidden[] = []
    const look = (known: Index, plain: Plain) => {
      for (const { at, length, name } of known.in(plain.text)) {
        const [start, end] = plain.stretch(at, at + length)
        found.push({ start, end, length, name })
      }
    }
    // What stands before a secret may look like the beginning of an escape: as it is, too.
    look(asTheyAre, { text, stretch: (start, end) => [start, end] })
    look(forms, plainly(text))
    if (looksLikeMail(text)) {
      look(formsInMail, plainly(text, { mail: true }))
      look(forms, plainly(text, { mail: true, once: true }))
    }
    return joined(found)
  }

  const pieces = (text: string): Piece[] => {
    const parts: Piece[] = []
    let last = 0
    const keep = (until: number) => {
      if (until > last) parts.push({ text: text.slice(last, until) })
    }
    for (const { start, end, name } of hidden(text)) {
      keep(start)
      parts.push({ variable: name })
      last = end
    }
    keep(text.length)
    return withoutUnknown(parts, signed)
  }

  return {
    learn: (said, value) => name(madeVariable(said), value),
    secretOf: (variable) => values.get(variable) ?? null,
    pieces,
    redact: (text) =>
      pieces(text)
        .map((part) => ('text' in part ? part.text : `$${part.variable}`))
        .join(''),
  }
}

/** Forms by how they begin: a run may know thousands, and each of its texts is searched for all of them. */
interface Index {
  add(form: Form): void
  in(text: string): Iterable<{ readonly at: number; readonly length: number; readonly name: string }>
}

/** Keys of one maker begin alike: of what is longer, so many units tell one from another. */
const telling = 24

function createIndex(): Index {
  const short = createIndexBy(shortestSecret)
  const long = createIndexBy(telling)
  return {
    add: (form) => (form.plain.length < telling ? short : long).add(form),
    *in(text) {
      yield* short.in(text)
      yield* long.in(text)
    },
  }
}

/** By so many units at the beginning. */
function createIndexBy(units: number): Index {
  const byBeginning = new Map<number, Form[]>()
  /** Different ones may share one. */
  const beginning = (text: string, at: number) => {
    let key = 0
    for (let unit = at; unit < at + units; unit++) key = (key * 31 + text.charCodeAt(unit)) | 0
    return key
  }
  return {
    add(form) {
      const key = beginning(form.plain, 0)
      const known = byBeginning.get(key)
      if (known === undefined) byBeginning.set(key, [form])
      else known.push(form)
    },
    *in(text) {
      if (byBeginning.size === 0) return
      for (let at = 0; at + units <= text.length; at++)
        for (const { plain, name } of byBeginning.get(beginning(text, at)) ?? none)
          if (text.startsWith(plain, at)) yield { at, length: plain.length, name }
    },
  }
}

const none: readonly Form[] = []

/** A stretch of a text that is a secret, and how long that is in plain text. */
interface Hidden {
  readonly start: number
  readonly end: number
  readonly length: number
  readonly name: string
}

/** In order; of those that overlap one, by the name of the longest: a token before the signature that is a part of it. */
function joined(found: readonly Hidden[]): Hidden[] {
  const apart: Hidden[] = []
  for (const next of [...found].sort((a, b) => a.start - b.start || b.length - a.length)) {
    const last = apart.at(-1)
    if (last === undefined || next.start >= last.end) {
      apart.push(next)
      continue
    }
    const longest = next.length > last.length ? next : last
    apart[apart.length - 1] = { ...longest, start: last.start, end: Math.max(last.end, next.end) }
  }
  return apart
}

/** Each line of a secret as long as this is one: a PEM, a file of credentials. */
const shortestLine = 8

/** What is left at every offset of a text that is encoded twice is still no word by chance. */
const shortestTwice = 12

/** The values in which a secret turns up in requests, responses and mail, in whatever spelling. */
function formsOf(value: string): string[] {
  const lines = value
    .trim()
    .split(/\s*\n\s*/)
    .filter((line) => line.length >= shortestLine && !line.startsWith('-----'))
  // Of what was read from a file, the line break at its end is sent by nobody.
  const texts = new Set([value, value.trim(), ...pathOf(value)])
  const all = [...texts].flatMap((text) => {
    const encoded = encodings(text)
    // Mail in base64 that shows a Basic credential has it in base64 twice.
    const twice = encoded.filter(({ length }) => length >= shortestTwice).flatMap(encodings)
    return [text, ...encoded, ...twice, Buffer.from(text).toString('hex')]
  })
  return [...new Set([...all, ...lines])]
}

/** Of a whole URL with a query, what a request asks its host for. */
function pathOf(value: string): string[] {
  const url = /^https?:/i.test(value) ? URL.parse(value) : null
  return url === null || url.search === '' ? [] : [`${url.pathname}${url.search}`]
}

/** Base64 of a value as a whole, and what is the same in that of whatever it is a part of, as `user:password`. */
function encodings(value: string): string[] {
  const whole = Buffer.from(value).toString('base64url')
  return [whole, whole.replaceAll('-', '+').replaceAll('_', '/'), ...inBase64(value)]
}

function jwtSignature(value: string): string | null {
  const signature = /^eyJ[\w-]*\.[\w-]*\.([\w-]{16,})$/.exec(value)?.[1]
  return signature ?? null
}

/** Of AWS Signature Version 4, in a header field or a query: whoever holds it can send the request again. */
const signature = /\b(Signature=)[0-9a-f]{64}\b/gi
/** A JSON Web Token, signed or encrypted, wherever it stands: a forged one that is believed is as good as a true one. */
const webToken = /\b(eyJ[\w-]+\.)(?:(eyJ[\w-]*\.)[\w-]+|[\w-]*\.[\w-]*\.[\w-]+\.[\w-]+)/g
const credentialField = /^((?:proxy-)?authorization|cookie|set-cookie)(:[ \t]*)(.*)$/gim

/**
 * What is called by one of these names: as a header field of a line of its own, to its end, since keys and signatures may stand in
 * quotes there; in JSON, or as a parameter, whose name may be encoded. `null` without names.
 */
function valuesNamed(names: readonly string[]): Masking | null {
  if (names.length === 0) return null
  const spelt = names.flatMap((name) => [name, encodeURIComponent(name)])
  const any = [...new Set(spelt)].map(escapeStringRegexp).join('|')
  const line = new RegExp(String.raw`^(${any})([ \t]*:[ \t]*)\S.*$`, 'gim')
  const ofField = String.raw`(\\*"?[ \t]*:[ \t]*\\*"?)(?:[^"'\s\\]|\\.)(?:[^"'\r\n\\]|\\.)*`
  const ofParameter = String.raw`(=)[^&\s"']+`
  const anywhere = new RegExp(String.raw`(?<![\w-])(${any})(?:${ofField}|${ofParameter})`, 'gi')
  return (text) =>
    text
      .replace(line, `$1$2${unknown}`)
      .replace(anywhere, (_, name: string, colon = '', equals = '') => `${name}${colon}${equals}${unknown}`)
}

type Masking = (text: string) => string

/** Credentials that nobody made known, in the lines of header fields. */
function withoutUnknown(parts: readonly Piece[], signed: Masking | null): Piece[] {
  // Markers outside of Unicode's assigned characters keep the known ones out of the way.
  const known: string[] = []
  const marked = parts
    .map((part) =>
      'text' in part
        ? part.text.replaceAll('\uFDD0', '\uFFFD')
        : `\uFDD0${known.push(part.variable) - 1}\uFDD0`,
    )
    .join('')
  const masked = (signed?.(marked) ?? marked)
    .replace(signature, `$1${unknown}`)
    .replace(webToken, (_, head: string, claims = '') => `${head}${claims}${unknown}`)
    .replace(
      credentialField,
      (_, name: string, colon: string, value: string) =>
        `${name}${colon}${maskField(name.toLowerCase(), value)}`,
    )
  return masked.split('\uFDD0').flatMap((text, i): Piece[] => {
    if (i % 2 === 0) return text === '' ? [] : [{ text }]
    return [{ variable: text === '?' ? 'CREDENTIAL' : (known[Number(text)] ?? 'CREDENTIAL') }]
  })
}

const unknown = '\uFDD0?\uFDD0'

function maskField(name: string, value: string): string {
  if (name === 'cookie') return value.split('; ').map(maskPair).join('; ')
  if (name === 'set-cookie') {
    const [pair = '', ...attributes] = value.split(';')
    return [maskPair(pair), ...attributes].join(';')
  }
  const [, scheme = '', rest = ''] = /^(\S+ +)?(.*)$/s.exec(value) ?? []
  return `${scheme}${maskValue(rest)}`
}

function maskPair(pair: string): string {
  const at = pair.indexOf('=')
  return at < 0 ? pair : `${pair.slice(0, at + 1)}${maskValue(pair.slice(at + 1))}`
}

/** What stands where a credential belongs and is none. */
const hollow = /^(null|undefined|\[object Object\]|Og==|)\r?$/

function maskValue(value: string): string {
  if (hollow.test(value) || value.includes('\uFDD0')) return value
  // What a forged token claims is the point of the evidence; without a signature it opens nothing.
  const token = /^(eyJ[\w-]*\.[\w-]*\.)([\w-]*)(.*)$/s.exec(value)
  if (token !== null) return `${token[1]}${token[2] === '' ? '' : unknown}${token[3]}`
  return unknown
}
