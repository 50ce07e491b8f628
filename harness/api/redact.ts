import { shortestSecret } from '../profile/secrets.ts'

/** A piece of text, or the shell variable that stands for a secret. */
export type Piece = { readonly text: string } | { readonly variable: string }

export interface Redactor {
  /** Makes a value known; one that is known already keeps its first name. Returns the name. */
  learn(name: string, value: string): string
  /** Every known secret, in any of its forms, replaced by `$NAME`; credentials that are not known by `$CREDENTIAL`. */
  redact(text: string): string
  pieces(text: string): Piece[]
}

/** Knows every secret of a run. */
export function createRedactor(secrets: readonly { name: string; value: string }[] = []): Redactor {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  let forms: { form: string; name: string }[] = []

  const free = (name: string) => {
    const base = name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? base : `${base}_${n}`
      if (!taken.has(candidate)) return candidate
    }
  }

  const learn = (name: string, value: string): string => {
    const known = names.get(value)
    if (known !== undefined) return known
    const variable = free(name)
    if (value.length < shortestSecret) return variable
    names.set(value, variable)
    taken.add(variable)
    const all = [...formsOf(value).map((form) => ({ form, name: variable }))]
    const signature = jwtSignature(value)
    if (signature !== null) all.push({ form: signature, name: `${variable}_SIGNATURE` })
    // The longest first: a token before the signature that is a part of it.
    forms = [...forms, ...all].sort((a, b) => b.form.length - a.form.length)
    return variable
  }
  for (const { name, value } of secrets) learn(name, value)

  const pieces = (text: string): Piece[] => {
    let parts: Piece[] = [{ text }]
    for (const { form, name } of forms) {
      if (!text.includes(form)) continue
      parts = parts.flatMap((part) => ('text' in part ? split(part.text, form, name) : [part]))
    }
    return withoutUnknown(parts)
  }

  return {
    learn,
    pieces,
    redact: (text) =>
      pieces(text)
        .map((part) => ('text' in part ? part.text : `$${part.variable}`))
        .join(''),
  }
}

function split(text: string, form: string, name: string): Piece[] {
  return text
    .split(form)
    .flatMap((rest, i): Piece[] => [
      ...(i === 0 ? [] : [{ variable: name }]),
      ...(rest === '' ? [] : [{ text: rest }]),
    ])
}

/** The ways in which a value turns up in requests, responses and mail. */
function formsOf(value: string): string[] {
  // The lines of a PEM: each alone is a part of the key.
  const lines = value.includes('\n')
    ? value.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith('-----'))
    : []
  // Of what was read from a file, the line break at its end is sent by nobody.
  const texts = [value, value.trim(), ...pathOf(value)]
  return [...new Set([...texts.flatMap(encodings), ...lines])].filter((form) => form.length >= shortestSecret)
}

function encodings(value: string): string[] {
  // Half of an emoji has no octets; what is sent of it is U+FFFD.
  const percent = encodeURIComponent(value.toWellFormed())
  return [
    value,
    // UTF-8 as it stands in header fields, and in what takes bytes for characters.
    Buffer.from(value).toString('latin1'),
    ...inJson(value),
    ...inHtml(value),
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    // As a part of a path or query that is a URL already.
    encodeURI(value.toWellFormed()).replaceAll('%5B', '[').replaceAll('%5D', ']'),
    new URLSearchParams({ v: value }).toString().slice(2),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('hex').toUpperCase(),
    ...insideBase64(value),
  ]
}

/** Encoders escape more than they must: PHP the slash, Go `&<>`, .NET these and `+'"`. */
function inJson(value: string): string[] {
  const text = JSON.stringify(value).slice(1, -1)
  const escaped = (from: string, which: RegExp) =>
    from.replace(which, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const forms = [
    text,
    text.replaceAll('/', '\\/'),
    escaped(text, /[&<>]/g),
    escaped(text.replaceAll('\\"', '"'), /[&<>+'"]/g),
  ]
  return forms.flatMap((form) => [
    form,
    form.replace(/\\u[0-9a-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`),
  ])
}

/** As templates escape text, which write the apostrophe in one of two ways. */
function inHtml(value: string): string[] {
  const text = value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
  return [text.replaceAll("'", '&#39;'), text.replaceAll("'", '&#x27;')]
}

/** Of a whole URL with a query, what a request asks its host for. */
function pathOf(value: string): string[] {
  const url = /^https?:/i.test(value) ? URL.parse(value) : null
  return url === null || url.search === '' ? [] : [`${url.pathname}${url.search}`]
}

/** What is left of a value inside the base64 of something longer, as in `user:password`: one form for each alignment. */
function insideBase64(value: string): string[] {
  const bytes = Buffer.from(value)
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const from = Math.ceil((before * 8) / 6)
    const to = Math.floor(((before + bytes.length) * 8) / 6)
    const stable = encoded.slice(from, to)
    return stable.length < 8 ? [] : [stable, stable.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function jwtSignature(value: string): string | null {
  const signature = /^eyJ[\w-]*\.[\w-]*\.([\w-]{16,})$/.exec(value)?.[1]
  return signature ?? null
}

/** Of AWS Signature Version 4, in a header field or a query: whoever holds it can send the request again. */
const signature = /\b(Signature=)[0-9a-f]{64}\b/gi
const credentialField = /^((?:proxy-)?authorization|cookie|set-cookie)(:[ \t]*)(.*)$/gim

/** Credentials that nobody made known, in the lines of header fields. */
function withoutUnknown(parts: readonly Piece[]): Piece[] {
  // Markers outside of Unicode's assigned characters keep the known ones out of the way.
  const known: string[] = []
  const marked = parts
    .map((part) =>
      'text' in part
        ? part.text.replaceAll('\uFDD0', '\uFFFD')
        : `\uFDD0${known.push(part.variable) - 1}\uFDD0`,
    )
    .join('')
  const masked = marked
    .replace(signature, `$1${unknown}`)
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
