import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { HttpRequest } from '../model.ts'
import { compile } from '../profile/expressions.ts'
import type { Principal } from '../profile/shape.ts'
import { expandText, templateNames } from '../profile/templates.ts'
import { Unproven } from '../verdicts.ts'
import { evaluated } from './request.ts'

export type HmacKey = NonNullable<Principal['hmac']>

/** A signature, and what it was made of. */
export interface HmacSignature {
  readonly message: Uint8Array
  /** What the templates of header fields and parameters hold of it, by its name there. */
  readonly made: Readonly<Record<'signature' | 'timestamp' | 'nonce' | 'bodyHash', string>>
}

/** Of what was signed here: a line that repeats a request has to sign anew. */
const signatures = new WeakMap<HttpRequest, HmacSignature>()

/** The signature that this very request was given; `null` where it was given none. */
export function hmacOf(request: HttpRequest): HmacSignature | null {
  return signatures.get(request) ?? null
}

/**
 * Signs a request by HMAC (RFC 2104) over the message that the profile describes; what an earlier signature put into it is
 * replaced. Throws Unproven, naming `place` in the profile, where its expression makes no message of it.
 */
export async function signHmac(
  request: HttpRequest,
  key: HmacKey,
  place: string,
  now = new Date(),
): Promise<HttpRequest> {
  const bare = unsigned(request, key)
  const bytes = Buffer.from(bare.body ?? '')
  const encoding = key.encoding ?? 'hex'
  const algorithm = key.algorithm ?? 'sha256'
  const known = {
    timestamp: timestampOf(now, key.timestamp ?? 'seconds'),
    nonce: randomUUID().replaceAll('-', ''),
    bodyHash: createHash(algorithm).update(bytes).digest(encoding),
  }
  // The message may be over what stands beside the signature.
  const covered = withFields(bare, key, known, (template) => !holdsSignature(template))
  const message = await messageOf(covered, bytes, key, place, known)
  const secret = Buffer.from(key.secret, key.secretEncoding ?? 'utf8')
  const made = { ...known, signature: createHmac(algorithm, secret).update(message).digest(encoding) }
  const signed = withFields(covered, key, made, holdsSignature)
  signatures.set(signed, { message, made })
  return signed
}

/** Whether a request carries a signature as this key makes them. */
export function carriesHmac({ headers, path }: Pick<HttpRequest, 'headers' | 'path'>, key: HmacKey): boolean {
  const { fields, parameters } = placesOfSignature({ hmac: key })
  return (
    headers.some(([name]) => fields.includes(name.toLowerCase())) ||
    parametersOf(path).some((parameter) => parameters.includes(nameOf(parameter)))
  )
}

/** The header fields, in lower case, and the parameters of the query in which a signature stands. */
export function placesOfSignature({ hmac }: Pick<Principal, 'hmac'>): {
  readonly fields: string[]
  readonly parameters: string[]
} {
  const holding = (templates: Readonly<Record<string, string>> = {}) =>
    Object.entries(templates).flatMap(([name, template]) => (holdsSignature(template) ? [name] : []))
  return {
    fields: holding(hmac?.headers).map((name) => name.toLowerCase()),
    parameters: holding(hmac?.query),
  }
}

function holdsSignature(template: string): boolean {
  return templateNames(template).includes('signature')
}

function unsigned(request: HttpRequest, { headers = {}, query = {} }: HmacKey): HttpRequest {
  const fields = Object.keys(headers).map((name) => name.toLowerCase())
  const [path = '/'] = request.path.split('?')
  const parameters = parametersOf(request.path)
  const kept = parameters.filter((parameter) => !Object.hasOwn(query, nameOf(parameter)))
  return {
    ...request,
    // What nothing was taken out of stays as it is, to the octet.
    path: kept.length === parameters.length ? request.path : [path, kept.join('&')].filter(Boolean).join('?'),
    headers: request.headers.filter(([name]) => !fields.includes(name.toLowerCase())),
  }
}

function withFields(
  request: HttpRequest,
  { headers = {}, query = {} }: HmacKey,
  values: Readonly<Record<string, string>>,
  wanted: (template: string) => boolean,
): HttpRequest {
  const expanded = (templates: Readonly<Record<string, string>>) =>
    Object.entries(templates)
      .filter(([, template]) => wanted(template))
      .map(([name, template]) => [name, expandText(template, values)] as const)
  const parameters = expanded(query).map((pair) => pair.map(encodeURIComponent).join('='))
  const mark = request.path.includes('?') ? '&' : '?'
  return {
    ...request,
    path: parameters.length === 0 ? request.path : `${request.path}${mark}${parameters.join('&')}`,
    headers: [...request.headers, ...expanded(headers)],
  }
}

/** No text of UTF-8 holds it: it stands in the message for a body that is none. */
const octets = '\uD800'

async function messageOf(
  { method, origin, path: pathAndQuery, headers }: HttpRequest,
  bytes: Buffer,
  { message }: HmacKey,
  place: string,
  known: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const [path = '', ...query] = pathAndQuery.split('?')
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text).equals(bytes)
  const output = await evaluated(
    compile(message),
    place,
    {
      ...{ method, path, query: query.join('?'), pathAndQuery, host: new URL(origin).host },
      ...{ headers: fieldsByName(headers), body: isText ? text : octets },
      ...known,
    },
    {},
  )
  if (typeof output !== 'string')
    throw new Unproven(`${place} gives no text to sign`, 'correct it; & joins texts, as in timestamp & body')
  if (isText) return Buffer.from(output)
  return Buffer.concat(
    output.split(octets).flatMap((part, at) => [...(at === 0 ? [] : [bytes]), Buffer.from(part)]),
  )
}

/** By their names in lower case; the values of one that occurs twice with a comma between. */
function fieldsByName(headers: HttpRequest['headers']): Record<string, string> {
  const all = Map.groupBy(headers, ([name]) => name.toLowerCase())
  return Object.fromEntries(
    [...all].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(', ')]),
  )
}

function timestampOf(now: Date, format: NonNullable<HmacKey['timestamp']>): string {
  if (format === 'iso') return now.toISOString().replace(/\.\d+Z$/, 'Z')
  if (format === 'http') return now.toUTCString()
  return String(format === 'seconds' ? Math.floor(now.getTime() / 1000) : now.getTime())
}

function parametersOf(path: string): string[] {
  return path.split('?').slice(1).join('?').split('&')
}

/** What is no percent-encoding stays: an attack may hold anything. */
function nameOf(parameter: string): string {
  const [name = ''] = parameter.split('=')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
