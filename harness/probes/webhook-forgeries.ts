import { createHash, createHmac } from 'node:crypto'
import type { Severity, WebhookScheme } from '../model.ts'
import { contentOf, covers, signatureOf, signatureOver } from './webhook-signatures.ts'

/** An event that is about to be posted. */
export interface Unsigned {
  readonly id: string
  /** JSON. */
  readonly body: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** What is posted of it. */
export interface Signed {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Secrets as they were shown; `null` where the target has no such. */
export interface Secrets {
  readonly own: string
  /** Of another endpoint of the tenant. */
  readonly second: string | null
  /** Of an endpoint of another tenant. */
  readonly foreign: string | null
  /** The id of the endpoint. */
  readonly endpoint: string | null
}

export interface Forgery {
  readonly name: string
  readonly actual: string
  readonly severity?: Severity
  make(event: Unsigned): Signed
}

/** `null` for what the request does not have. */
interface Parts {
  readonly signature: string | null
  readonly timestamp: string | null
  readonly id: string | null
}

const inTime = 600_000
const inAHundredYears = 100 * 365.25 * 24 * 3_600_000

/** As the scheme wants it. */
export function rightlySigned(scheme: WebhookScheme, secret: string, event: Unsigned): Signed {
  const values = { id: event.id, timestamp: writtenTime(scheme, event.at) }
  const body = bodyWith(scheme, event.body, { ...values, signature: null })
  return posted(scheme, event.body, {
    ...values,
    signature: signatureOf(scheme, secret, { ...values, body }),
  })
}

/** The same request, under another id. */
export function underAnotherId(scheme: WebhookScheme, { headers, body }: Signed, id: string): Signed {
  const fields = templatesOf(scheme, 'id').map(([name]) => name.toLowerCase())
  return {
    headers: headers.map(([name, value]) => [name, fields.includes(name.toLowerCase()) ? id : value]),
    body: withMember(body, scheme.body?.id, id),
  }
}

/** Whether a request of this scheme has an id. */
export function hasId(scheme: WebhookScheme): boolean {
  return scheme.body?.id !== undefined || templatesOf(scheme, 'id').length > 0
}

/** What nobody has signed so who may, as far as a scheme can have it. */
export function forgeries(scheme: WebhookScheme, secrets: Secrets): Forgery[] {
  const { algorithm = 'sha256', encoding = 'hex' } = scheme
  const right = (event: Unsigned, secret = secrets.own) => rightlySigned(scheme, secret, event)
  /** By a signature that is made of what is signed. */
  const by = (sign: (content: string, event: Unsigned) => string, as = scheme) => ({
    make(event: Unsigned) {
      const values = { id: event.id, timestamp: writtenTime(scheme, event.at) }
      const body = bodyWith(scheme, event.body, { ...values, signature: null })
      return posted(as, event.body, {
        ...values,
        signature: sign(contentOf(scheme, { ...values, body }), event),
      })
    },
  })
  const random = (content: string) => createHmac(algorithm, content).update('made up').digest(encoding)
  const own = (content: string) => signatureOver(scheme, secrets.own, content)
  const fields = templatesOf(scheme, 'signature')
  const [[field = '', template = ''] = []] = fields
  const isAlone = onlyNames(template, 'signature')
  const [, word] = /([a-z]+\d*)[=,]\{signature\}/i.exec(template) ?? []
  const all: (Forgery | null)[] = [
    {
      name: 'no signature',
      actual: 'it had no signature',
      make: ({ id, body, at }) =>
        posted(scheme, body, { id, timestamp: writtenTime(scheme, at), signature: null }),
    },
    {
      name: 'an empty signature',
      actual: 'its signature was empty',
      make(event) {
        const { headers, body } = by(() => '').make(event)
        return {
          headers: headers.map(([name, value]) => [name, isAlone && name === field ? '' : value]),
          body,
        }
      },
    },
    isAlone && template !== '{signature}'
      ? {
          name: 'a signature without anything behind its prefix',
          actual: 'its signature had its prefix alone',
          ...by(() => ''),
        }
      : null,
    { name: 'a made-up signature', actual: 'its signature was made up', ...by(random) },
    word === undefined
      ? null
      : {
          name: 'a made-up signature of another version',
          actual: 'its signature was made up, and of a version or algorithm that does not exist',
          ...by(random, withTemplate(scheme, field, template.replace(word, otherWord(word)))),
        },
    isAlone
      ? {
          name: 'two made-up signatures',
          actual: 'it had two fields with signatures, both made up',
          make(event) {
            const { headers, body } = by(random).make(event)
            const other = headers.filter(([name]) => name === field)
            return {
              headers: [...headers, ...other.map(([name, value]) => [name, flipped(value)] as const)],
              body,
            }
          },
        }
      : null,
    {
      name: 'the beginning of a signature',
      actual: 'its signature was the beginning of the right one',
      ...by((content) => own(content).slice(0, 6)),
    },
    {
      name: 'a signature that begins rightly',
      actual: 'of its signature no more than the beginning was right',
      ...by((content) => `${own(content).slice(0, 6)}${random(content).slice(6)}`),
    },
    encoding === 'hex'
      ? null
      : {
          name: 'a signature in the other case',
          actual: 'its signature was the right one with small letters for large ones, and large for small',
          severity: 'medium',
          ...by((content) => otherCase(own(content))),
        },
    {
      name: 'a hash for a signature',
      actual: 'its signature was a hash that takes no secret',
      ...by((content) => createHash(algorithm).update(content).digest(encoding)),
    },
    algorithm === 'sha1'
      ? null
      : {
          name: 'a signature by SHA-1',
          actual: 'it was signed by HMAC-SHA-1',
          severity: 'low',
          ...by(
            (content) => signatureOver({ ...scheme, algorithm: 'sha1' }, secrets.own, content),
            withTemplate(scheme, field, template.replace(algorithm, 'sha1')),
          ),
        },
    {
      name: 'an empty secret',
      actual: 'it was signed by an empty secret',
      ...by((content) => createHmac(algorithm, '').update(content).digest(encoding)),
    },
    ...(
      [
        ['the id of the endpoint for a secret', 'it was signed by the id of the endpoint', secrets.endpoint],
        ['the secret of another endpoint', 'it was signed by the secret of another endpoint', secrets.second],
        [
          'the secret of another tenant',
          'it was signed by the secret of an endpoint of another tenant',
          secrets.foreign,
        ],
      ] as const
    ).map(([name, actual, secret]) =>
      secret === null ? null : { name, actual, make: (event: Unsigned) => right(event, secret) },
    ),
    covers(scheme, 'body')
      ? {
          name: 'a body that was changed',
          actual: 'its signature was that of another body',
          make: (event) => ({ ...right({ ...event, body: otherBody(event.body) }), body: event.body }),
        }
      : null,
    scheme.message.includes('{body}') && scheme.body === undefined
      ? {
          name: 'a body in other spacing',
          actual: 'its signature was that of another text, which says the same',
          severity: 'low',
          make: (event) => ({
            ...right({ ...event, body: JSON.stringify(JSON.parse(event.body)) }),
            body: JSON.stringify(JSON.parse(event.body), null, 2),
          }),
        }
      : null,
    covers(scheme, 'id') && hasId(scheme)
      ? {
          name: 'an id that was changed',
          actual: 'its signature was that of another id',
          make: (event) => underAnotherId(scheme, right({ ...event, id: `${event.id}0` }), event.id),
        }
      : null,
    ...(covers(scheme, 'timestamp') ? ofTime(scheme, right, secrets.own) : []),
  ]
  return all.filter((each) => each !== null)
}

/** Those that are signed rightly, of another time than now. */
function ofTime(
  scheme: WebhookScheme,
  right: (event: Unsigned) => Signed,
  secret: string,
): (Forgery | null)[] {
  const severity = 'medium'
  const at = (name: string, actual: string, milliseconds: number): Forgery => ({
    ...{ name, actual, severity },
    make: (event) => right({ ...event, at: event.at + milliseconds }),
  })
  const written = (name: string, actual: string, timestamp: string | null): Forgery => ({
    ...{ name, actual, severity },
    make({ id, body }) {
      const signed = {
        id,
        timestamp: timestamp ?? '',
        body: bodyWith(scheme, body, { id, timestamp, signature: null }),
      }
      return posted(scheme, body, { id, timestamp, signature: signatureOf(scheme, secret, signed) })
    },
  })
  const [[field = '', template = ''] = []] = templatesOf(scheme, 'timestamp')
  /** A signature of long ago, and the time of now besides. */
  const twice = (name: string, isFirst: boolean): Forgery | null =>
    onlyNames(template, 'timestamp')
      ? {
          name,
          actual: 'it was signed ten minutes before, and told the time of now as well',
          make(event) {
            const { headers, body } = right({ ...event, at: event.at - inTime })
            const now = [field, template.replace('{timestamp}', writtenTime(scheme, event.at))] as const
            const isTime = ([name]: readonly [string, string]) => name === field
            return {
              headers: headers.flatMap((each) =>
                isTime(each) ? (isFirst ? [each, now] : [now, each]) : [each],
              ),
              body,
            }
          },
          severity,
        }
      : null
  return [
    {
      name: 'a time that was changed',
      actual: 'its signature was that of another time',
      make(event) {
        const old = right({ ...event, at: event.at - inTime })
        const [was, is] = [writtenTime(scheme, event.at - inTime), writtenTime(scheme, event.at)]
        return {
          headers: old.headers.map(([name, value]) => [name, value.replace(was, is)]),
          body: withMember(old.body, scheme.body?.timestamp, is),
        }
      },
    },
    at('a time of ten minutes ago', 'it was signed ten minutes before', -inTime),
    at('a time in ten minutes', 'it was signed for a time in ten minutes', inTime),
    at('a time in a hundred years', 'it was signed for a time in a hundred years', inAHundredYears),
    written('a time that is none', 'its time was a word', 'soon'),
    written('no time', 'it told no time', null),
    twice('an old time before that of now', true),
    twice('an old time after that of now', false),
  ]
}

function writtenTime({ timestamp = 'seconds' }: WebhookScheme, at: number): string {
  if (timestamp === 'iso') return new Date(at).toISOString()
  return String(Math.floor(timestamp === 'seconds' ? at / 1000 : at))
}

function templatesOf({ headers = {} }: WebhookScheme, part: keyof Parts): [name: string, template: string][] {
  return Object.entries(headers).filter(([, template]) => template.includes(`{${part}}`))
}

/** Of a template that has the part, and no other beside it. */
function onlyNames(template: string, part: keyof Parts): boolean {
  return template.includes(`{${part}}`) && template.indexOf('{') === template.lastIndexOf('{')
}

function withTemplate(scheme: WebhookScheme, field: string, template: string): WebhookScheme {
  return field === '' ? scheme : { ...scheme, headers: { ...scheme.headers, [field]: template } }
}

/** `v1` is a version, and `sha256` an algorithm. */
function otherWord(word: string): string {
  return /^v\d+$/i.test(word) ? 'v0' : 'none'
}

function otherCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
}

function flipped(signature: string): string {
  return signature.replace(/[A-Za-z0-9](?=[^A-Za-z0-9]*$)/, (last) => (last === 'A' ? 'B' : 'A'))
}

function otherBody(body: string): string {
  const event: unknown = JSON.parse(body)
  return JSON.stringify(Array.isArray(event) ? [...event, {}] : { ...(event as object), other: true })
}

/** A field is left out where it has nothing to hold. */
function posted(scheme: WebhookScheme, body: string, parts: Parts): Signed {
  const headers = Object.entries(scheme.headers ?? {}).flatMap(([name, template]) => {
    const named = [...template.matchAll(/\{(\w+)\}/g)].map(([, part]) => parts[part as keyof Parts])
    if (named.length > 0 && named.every((value) => value === null)) return []
    const value = template.replace(/\{(\w+)\}/g, (_, part: keyof Parts) => parts[part] ?? '')
    return [[name, value] as const]
  })
  return { headers, body: bodyWith(scheme, body, parts) }
}

function bodyWith({ body: places = {} }: WebhookScheme, body: string, parts: Parts): string {
  return (['id', 'timestamp', 'signature'] as const).reduce((text, part) => {
    const value = parts[part]
    return value === null ? text : withMember(text, places[part], value)
  }, body)
}

/** JSON with that at a place of it, as it is where there is none. */
function withMember(json: string, place: string | undefined, value: string): string {
  if (place === undefined) return json
  const put = (at: unknown, [name = '', ...rest]: string[]): unknown => ({
    ...(typeof at === 'object' ? at : {}),
    [name]: rest.length === 0 ? value : put((at as Record<string, unknown> | null)?.[name], rest),
  })
  return JSON.stringify(put(JSON.parse(json), place.split('.')))
}
