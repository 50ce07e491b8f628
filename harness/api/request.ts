import type { HttpRequest } from '../model.ts'
import { operations } from '../profile/operations.ts'
import type { Operation, Profile, Template } from '../profile/shape.ts'
import { complete, expandText, expandUri, templateNames } from '../profile/templates.ts'

export type Input = Readonly<Record<string, unknown>>
export type Pairs = readonly (readonly [name: string, value: string])[]

/** What proves who calls, as it goes into a request. */
export interface Credential {
  readonly headers: Pairs
  readonly query: Pairs
  /** Where it covers the request as a whole: the request with its signature, instead of one that it carries. */
  readonly sign?: (request: HttpRequest) => Promise<HttpRequest>
}

/**
 * The request that asks the target for an operation. `values` are those of the principal.
 * Throws ExpressionFailed where the profile's expression fails on the input.
 */
export async function buildRequest(
  profile: Profile,
  operation: Operation,
  input: Input,
  credential: Credential,
  values: Readonly<Record<string, string>>,
): Promise<HttpRequest> {
  const known = {
    ...input,
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`principal.${name}`, value])),
  }
  const { type, body } = await bodyOf(operation, input, values)
  const url = new URL(profile.target.url)
  const prefix = url.pathname === '/' ? '' : url.pathname
  const request: HttpRequest = {
    method: operation.method,
    origin: url.origin,
    path: withQuery(`${prefix}${expandUri(pathOf(operation, input), known)}`, [
      ...Object.entries(operation.query).flatMap(([name, template]) => queryParts(name, template, known)),
      ...credential.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    ]),
    headers: [
      ['accept', 'application/json'],
      ['user-agent', 'postern'],
      ...(type === null ? [] : [['content-type', type] as const]),
      ...Object.entries(profile.target.headers ?? {}),
      ...Object.entries(operation.headers).flatMap(([name, template]) =>
        complete(String(template), known) ? [[name, expandText(String(template), known)] as const] : [],
      ),
      ...credential.headers,
    ],
    body,
  }
  return credential.sign?.(request) ?? request
}

function pathOf({ path, pathWith }: Operation, input: Input): string {
  return Object.entries(pathWith).find(([name]) => (input[name] ?? null) !== null)?.[1] ?? path
}

function withQuery(path: string, parts: readonly string[]): string {
  if (parts.length === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${parts.join('&')}`
}

function queryParts(name: string, template: Template, known: Input): string[] {
  const text = String(template)
  if (!complete(text, known)) return []
  const [only] = templateNames(text)
  const list = text === `{${only}}` && only !== undefined ? known[only] : undefined
  const texts = Array.isArray(list)
    ? list.map((item) => encodeURIComponent(String(item)))
    : [expandUri(text, known)]
  return texts.map((value) => `${encodeURIComponent(name)}=${value}`)
}

interface Body {
  readonly type: string | null
  readonly body: string | Uint8Array | null
}

async function bodyOf(
  { body }: Operation,
  input: Input,
  values: Readonly<Record<string, string>>,
): Promise<Body> {
  if (body.kind === 'none') return { type: null, body: null }
  const output = await body.expression.evaluate(input, { principal: values })
  switch (body.kind) {
    case 'json':
      return { type: 'application/json', body: JSON.stringify(output ?? {}) }
    case 'form':
      return {
        type: 'application/x-www-form-urlencoded',
        body: new URLSearchParams(fields(output).map(([name, value]) => [name, fieldText(value)])).toString(),
      }
    case 'multipart':
      return multipart(fields(output))
    case 'raw':
      return {
        type: body.type,
        body: body.base64 ? Buffer.from(String(output ?? ''), 'base64') : String(output ?? ''),
      }
  }
}

/** One pair a field; a list repeats its field. */
function fields(output: unknown): [string, unknown][] {
  if (output === null || typeof output !== 'object') return []
  return Object.entries(output)
    .flatMap(([name, value]) =>
      Array.isArray(value)
        ? value.map((v): [string, unknown] => [name, v])
        : [[name, value] as [string, unknown]],
    )
    .filter(([, value]) => value !== undefined && value !== null)
}

function fieldText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** RFC 7578, as the platform writes it. */
async function multipart(parts: readonly [string, unknown][]): Promise<Body> {
  const form = new FormData()
  for (const [name, value] of parts) {
    if (isFile(value))
      form.append(
        name,
        new File([Buffer.from(value.content, 'base64')], value.filename, { type: value.contentType ?? '' }),
      )
    else form.append(name, fieldText(value))
  }
  const encoded = new Response(form)
  return { type: encoded.headers.get('content-type'), body: new Uint8Array(await encoded.arrayBuffer()) }
}

function isFile(value: unknown): value is { filename: string; contentType?: string; content: string } {
  const { filename, content } = (value ?? {}) as { filename?: unknown; content?: unknown }
  return typeof filename === 'string' && typeof content === 'string'
}

/** Mailboxes as {email, name}, lists of them as lists: what a profile's expressions may rely on. */
export function normaliseInput(operation: string, input: Input, from: string): Input {
  const kinds = operations[operation]?.inputs ?? {}
  const given = operation === 'message.send' && !('from' in input) ? { from, ...input } : input
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        if (kinds[name] === 'mailbox') return [name, mailbox(value)]
        if (kinds[name] === 'mailboxes') return [name, (Array.isArray(value) ? value : [value]).map(mailbox)]
        return [name, value]
      }),
  )
}

/** Only a bare address or a {email, name?} is changed: attacks may put anything else there. */
function mailbox(value: unknown): unknown {
  if (typeof value === 'string') return { email: value, name: null }
  if (value !== null && typeof value === 'object' && 'email' in value) return { name: null, ...value }
  return value
}
