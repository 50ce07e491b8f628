import { isObject } from '../json.ts'
import type { HttpRequest } from '../model.ts'
import { type Expression, ExpressionFailed } from '../profile/expressions.ts'
import { operations } from '../profile/operations.ts'
import type { Operation, Profile, Template } from '../profile/shape.ts'
import { complete, expandText, expandUri, templateNames } from '../profile/templates.ts'
import { Unproven } from '../verdicts.ts'
import { assertFields, assertText, type Source } from './sendable.ts'

export type Input = Readonly<Record<string, unknown>>
export type Pairs = readonly (readonly [name: string, value: string])[]

/** What proves who calls, as it goes into a request. */
export interface Credential {
  readonly headers: Pairs
  readonly query: Pairs
  /** Members of each body; parameters of the query where a body has none. */
  readonly body?: Pairs
  /** Where it covers the request as a whole: the request with its signature, instead of one that it carries. */
  readonly sign?: (request: HttpRequest) => Promise<HttpRequest>
  /** Of one that signs: whether a request carries a signature of its kind. */
  readonly signed?: (request: HttpRequest) => boolean
}

/**
 * The request that asks the target for an operation. `values` are those of the principal, `current` is what the object that it
 * changes is now.
 * Throws Unsendable for what no request can hold, and Unproven where the profile's expression fails on the input; both name
 * the place in the profile.
 */
export async function buildRequest(
  profile: Profile,
  operation: Operation,
  input: Input,
  credential: Credential,
  values: Readonly<Record<string, string>>,
  current?: unknown,
): Promise<HttpRequest> {
  const known = {
    ...input,
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`principal.${name}`, value])),
  }
  const { type, body, beside } = await bodyOf(
    operation,
    input,
    { principal: values, current },
    credential.body ?? [],
  )
  const url = new URL(profile.target.url)
  const prefix = url.pathname === '/' || operation.rpc !== null ? '' : url.pathname
  const common = Object.entries(profile.target.headers ?? {})
  assertFields(common, { from: 'target.headers in the profile', remedy: 'correct it' })
  const own = ownFields(operation, known)
  const accepts = [...common, ...own].some(([name]) => name.toLowerCase() === 'accept')
  const request: HttpRequest = {
    method: operation.method,
    origin: operation.rpc?.origin ?? url.origin,
    path: withQuery(`${prefix}${pathOf(operation, input, known)}`, [
      ...Object.entries(operation.query).flatMap(([name, template]) =>
        queryParts(name, template, known, mapped(operation, `query.${name}`, template)),
      ),
      ...[...credential.query, ...beside].map(
        ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
      ),
    ]),
    headers: [
      ...(accepts ? [] : [['accept', 'application/json'] as const]),
      ['user-agent', 'postern'],
      ...(type === null ? [] : [['content-type', type] as const]),
      ...common,
      ...own,
      ...credential.headers,
    ],
    body,
  }
  return credential.sign?.(request) ?? request
}

/** What an operation of the profile puts somewhere, by the inputs that its template or expression names. */
function mapped({ name }: Operation, place: string, template: Template): Source {
  const inputs = templateNames(String(template)).map((input) => `{${input}}`)
  const from = `operations.${name}.${place} in the profile`
  return inputs.length === 0
    ? { from, remedy: 'correct it' }
    : {
        from: `${from}, which puts ${inputs.join(' and ')} there`,
        remedy:
          'map it to where any text can stand, such as the body; where an answer of the target gave it, see that answer',
      }
}

function ownFields(operation: Operation, known: Input): Pairs {
  return Object.entries(operation.headers).flatMap(([name, template]) => {
    const text = String(template)
    if (!complete(text, known)) return []
    const field = [name, expandText(text, known)] as const
    assertFields([field], mapped(operation, `headers.${name}`, text))
    return [field]
  })
}

function pathOf(operation: Operation, input: Input, known: Input): string {
  const { path, pathWith } = operation
  const [name, template] = Object.entries(pathWith).find(([each]) => (input[each] ?? null) !== null) ?? []
  const chosen = template ?? path
  assertText(
    expandText(chosen, known),
    mapped(operation, name === undefined ? 'path' : `pathWith.${name}`, chosen),
  )
  return expandUri(chosen, known)
}

function withQuery(path: string, parts: readonly string[]): string {
  if (parts.length === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${parts.join('&')}`
}

function queryParts(name: string, template: Template, known: Input, source: Source): string[] {
  const text = String(template)
  if (!complete(text, known)) return []
  const [only] = templateNames(text)
  const list = text === `{${only}}` && only !== undefined ? known[only] : undefined
  assertText(`${name}=${Array.isArray(list) ? list.join() : expandText(text, known)}`, source)
  const texts = Array.isArray(list)
    ? list.map((item) => encodeURIComponent(String(item)))
    : [expandUri(text, known)]
  return texts.map((value) => `${encodeURIComponent(name)}=${value}`)
}

interface Body {
  readonly type: string | null
  readonly body: string | Uint8Array | null
}

/** With the members that have no place in it. */
interface Filled extends Body {
  readonly beside: Pairs
}

/** Methods of calls that have a body. */
const bodied = ['POST', 'PUT', 'PATCH']

async function bodyOf(
  operation: Operation,
  input: Input,
  bindings: Readonly<Record<string, unknown>>,
  members: Pairs,
): Promise<Filled> {
  const { body } = operation
  if (body.kind === 'none')
    return members.length > 0 && bodied.includes(operation.method)
      ? { ...(await written({ kind: 'json' }, Object.fromEntries(members))), beside: [] }
      : { type: null, body: null, beside: members }
  const place = { json: 'body', form: 'form', multipart: 'multipart', raw: 'raw.content' }[body.kind]
  const tool = operation.rpc?.tool ?? null
  const from = `${tool === null ? `operations.${operation.name}.${place}` : `mcp.tools.${tool}.arguments`} in the profile`
  const evaluation = await evaluated(body.expression, from, input, bindings)
  const holds = body.kind !== 'raw' && (evaluation === undefined || isObject(evaluation))
  const output =
    holds && members.length > 0 ? { ...Object(evaluation), ...Object.fromEntries(members) } : evaluation
  // JSON alone has a way to write it.
  const remedy = 'where an answer of the target gave the text, see that answer'
  if (body.kind !== 'json') for (const text of texts(output)) assertText(text, { from, remedy })
  if (body.kind === 'raw') assertFields([['content-type', body.type]], mapped(operation, 'raw.type', ''))
  return { ...(await written(body, output)), beside: holds ? [] : members }
}

type Written =
  | { readonly kind: 'json' | 'form' | 'multipart' }
  | { readonly kind: 'raw'; readonly type: string; readonly base64: boolean }

async function written(body: Written, output: unknown): Promise<Body> {
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

/** What an expression of the profile makes of an input. Throws Unproven where it fails on it: the fault is the profile's. */
export async function evaluated(
  expression: Expression,
  place: string,
  input: unknown,
  bindings: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  try {
    return await expression.evaluate(input, bindings)
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error
    throw new Unproven(
      `${place} fails on what a check gives it: ${error.message}`,
      'correct it; https://try.jsonata.org shows what it gives',
    )
  }
}

/** Every text in a value. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...texts(inner)])
    : []
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

/** Mailboxes as {email, name}, lists of them as lists, each message of a batch as one alone: what a profile's expressions may rely on. */
export function normaliseInput(operation: string, input: Input, from: string): Input {
  const kinds = operations[operation]?.inputs ?? {}
  const given = 'from' in kinds && !('from' in input) ? { from, ...input } : input
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        if (kinds[name] === 'mailbox') return [name, mailbox(value)]
        if (kinds[name] === 'mailboxes') return [name, listed(value).map(mailbox)]
        if (kinds[name] === 'messages')
          return [name, listed(value).map((message) => eachOfBatch(message, from))]
        return [name, value]
      }),
  )
}

/** What is no object an attack has put there. */
function eachOfBatch(message: unknown, from: string): unknown {
  return isObject(message) ? normaliseInput('message.send', message, from) : message
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** Only a bare address or a {email, name?} is changed: attacks may put anything else there. */
function mailbox(value: unknown): unknown {
  if (typeof value === 'string') return { email: value, name: null }
  if (value !== null && typeof value === 'object' && 'email' in value) return { name: null, ...value }
  return value
}
