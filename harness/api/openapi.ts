import { readFile, stat } from 'node:fs/promises'
import { dereference, normalize, upgrade } from '@scalar/openapi-parser'
import { LineCounter, parseDocument } from 'yaml'
import { isObject } from '../json.ts'
import type { HttpRequest } from '../model.ts'
import { isUrl } from '../profile/authorization.ts'
import { Unproven } from '../verdicts.ts'
import type { Api } from './api.ts'
import { readWhole, type WholeDocument } from './openapi-files.ts'

const maximumSize = 10 * 1024 * 1024
export const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

/** One operation of the target's own document. */
export interface DocumentedOperation {
  /** In upper case. */
  readonly method: string
  /** With its templates, as in `/v1/messages/{id}`, after the path of its first server. */
  readonly path: string
  /** As it stands in the document. */
  readonly template: string
  readonly operationId: string | null
  /** Whether the document wants credentials for it; `null` where it says nothing. */
  readonly secured: boolean | null
  readonly parameters: readonly Parameter[]
  /** Its request body by media type, as the document has it; `null` without one. */
  readonly body: Readonly<Record<string, unknown>> | null
  /** Its first successful answer by media type; `null` where the document describes none. */
  readonly answers: Readonly<Record<string, unknown>> | null
  readonly tags: readonly string[]
  /** What the document says that it does, in a line. */
  readonly summary: string | null
  /** Tags and the words of its name. */
  readonly labels: readonly string[]
  /** Names of the security schemes that it allows. */
  readonly schemes: readonly string[]
  /** What its security requirements ask of the caller: scopes, or roles. */
  readonly scopes: readonly string[]
  readonly deprecated: boolean
  /** It has a server of its own, with another host than the document's. */
  readonly elsewhere: boolean
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: unknown
}

export interface OpenApi {
  /** OpenAPI 3.1 with local references resolved; older documents are upgraded. */
  readonly document: Readonly<Record<string, unknown>>
  /** The same with its references as they are. */
  readonly source: Readonly<Record<string, unknown>>
  readonly operations: readonly DocumentedOperation[]
}

/**
 * The OpenAPI document that the profile names; references to files beside one that is a file are followed, others are not.
 * Throws Unproven where it cannot be had or read.
 */
export async function readOpenApi(api: Api): Promise<OpenApi> {
  const source = api.profile.openapi
  if (source === undefined)
    throw new TypeError("expected openapi in the profile: name it in the check's needs")
  return parseOpenApi(isUrl(source) ? await download(api, source) : await readDocumentText(source), source)
}

/** Reads an OpenAPI document, JSON or YAML; Swagger 2.0 is upgraded. Throws Unproven where the text is none. */
export function parseOpenApi(text: string, source: string): OpenApi {
  const { specification, document } = parse(text, source)
  return { document, source: specification, operations: documentedOperations(document) }
}

/** Says what is wrong with a document, for whoever named it elsewhere than in a profile. */
export class UnreadableDocument extends Unproven {
  readonly seen: string
  constructor(seen: string) {
    super(seen, 'check openapi in the profile')
    this.seen = seen
  }
}

function unreadable(source: string, why: string): UnreadableDocument {
  return new UnreadableDocument(`the OpenAPI document ${source} ${why}`)
}

/** What asks for the document behind a URL. */
export function documentRequest(source: string): HttpRequest {
  const { origin, pathname, search } = new URL(source)
  const accept = 'application/json, application/yaml, */*'
  return { method: 'GET', origin, path: `${pathname}${search}`, headers: [['accept', accept]], body: null }
}

async function download(api: Api, source: string): Promise<string> {
  const about = { operation: null, principal: 'anonymous' }
  const exchange = await api.send(documentRequest(source), about)
  const { response } = exchange
  if (response?.status !== 200) throw unreadable(source, `was answered ${api.said(exchange)}`)
  if (response.truncated) throw unreadable(source, 'is too large: save it and name the file')
  return response.body
}

/** The text of a document that is a file, with that of the files beside it; throws Unproven where it cannot be had. */
export async function readDocumentText(file: string): Promise<string> {
  return (await readDocument(file)).text
}

/** The same, and which of the files beside it were left. */
export function readDocument(file: string): Promise<WholeDocument> {
  return readWhole(file, readOne)
}

async function readOne(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > maximumSize) throw unreadable(file, `has more than ${maximumSize} bytes`)
    return await readFile(file, 'utf8')
  } catch (error) {
    throw error instanceof Unproven
      ? error
      : unreadable(file, `cannot be read (${String((error as NodeJS.ErrnoException).code)})`)
  }
}

function parse(text: string, source: string): Record<'specification' | 'document', Record<string, unknown>> {
  try {
    const normal = normalize(text) as Record<string, unknown>
    const { specification } = upgrade(normal)
    const { schema } = dereference(structuredClone(specification) as Record<string, unknown>)
    const document = (schema ?? specification) as unknown as Record<string, unknown>
    if (isObject(document['paths']))
      return { specification: specification as Record<string, unknown>, document }
  } catch {
    // What the parser says of a hostile document says nothing to a user.
  }
  throw unreadable(source, faultOf(text) ?? 'is no OpenAPI document with paths')
}

/** Of a text that is larger nobody wants to know where it breaks: UTF-16 code units. */
const longestExplained = 1024 * 1024

/** Where it is no YAML, and so no JSON either; `null` where it is. */
function faultOf(text: string): string | null {
  if (text.length > longestExplained) return null
  try {
    const lines = new LineCounter()
    const [broken] = parseDocument(text, { lineCounter: lines, prettyErrors: false }).errors
    if (broken === undefined) return null
    const { line, col } = lines.linePos(broken.pos[0])
    // What is quoted is the document's.
    return `is neither JSON nor YAML: line ${line}, column ${col}: ${broken.message.replace(/:? ".*$/s, '')}`
  } catch {
    return null
  }
}

function documentedOperations(document: Readonly<Record<string, unknown>>): DocumentedOperation[] {
  const hostOf = (servers: unknown) => serverHost(servers) ?? serverHost(document['servers'])
  return Object.entries(document['paths'] as Record<string, unknown>).flatMap(([template, item]) => {
    if (!isObject(item)) return []
    return methods.flatMap((method) => {
      const operation = item[method]
      if (!isObject(operation)) return []
      const { operationId, security = document['security'], requestBody, responses } = operation
      const requirements = Array.isArray(security) ? security.filter(isObject) : []
      const name = typeof operationId === 'string' ? operationId : null
      // Nearer to the call they count more (OpenAPI 3.1 sections 4.8.9 and 4.8.10).
      const servers = [operation['servers'], item['servers']].find(isList) ?? document['servers']
      const tags = Array.isArray(operation['tags']) ? operation['tags'].map(String) : []
      return [
        {
          method: method.toUpperCase(),
          path: `${serverPath(servers)}${template}`,
          template,
          operationId: name,
          secured: Array.isArray(security) ? wantsCredentials(security) : null,
          parameters: [item['parameters'], operation['parameters']].flatMap(parameters),
          body: isObject(requestBody) && isObject(requestBody['content']) ? requestBody['content'] : null,
          answers: firstSuccess(responses),
          tags,
          summary: typeof operation['summary'] === 'string' ? operation['summary'].slice(0, 200) : null,
          labels: [...tags, ...words(name ?? '')],
          schemes: requirements.flatMap((one) => Object.keys(one)),
          scopes: requirements.flatMap((one) => Object.values(one).flat().map(String)),
          deprecated: operation['deprecated'] === true,
          elsewhere: hostOf(servers) !== hostOf(document['servers']),
        },
      ]
    })
  })
}

function firstSuccess(responses: unknown): Record<string, unknown> | null {
  if (!isObject(responses)) return null
  const [, answer] = Object.entries(responses).find(([status]) => /^2/.test(status)) ?? []
  return isObject(answer) && isObject(answer['content']) ? answer['content'] : null
}

/** `sendMail`, `send_mail`, `send.mail` → send, mail. */
function words(name: string): string[] {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').match(/[A-Za-z0-9]+/g) ?? []
}

/** An empty list, or an empty requirement in it, allows anybody (OpenAPI 3.1 section 4.8.10). */
function wantsCredentials(security: readonly unknown[]): boolean {
  return security.length > 0 && security.every((one) => isObject(one) && Object.keys(one).length > 0)
}

function parameters(list: unknown): Parameter[] {
  if (!Array.isArray(list)) return []
  return list.filter(isObject).map(({ name, in: where, required, schema }) => ({
    name: String(name),
    in: String(where),
    required: required === true,
    schema,
  }))
}

/** A host with or without a port, where a URL should be: by the letter it would be a folder beside the document. */
const bareHost = /^(?:localhost|(?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d+)?(?=\/|$)/i

/** The path of the document's first server, without a slash at its end. */
export function serverPath(servers: unknown): string {
  const written = Array.isArray(servers) && isObject(servers[0]) ? (serverUrl(servers[0]) ?? '') : ''
  const url = written.replace(bareHost, '')
  return URL.canParse(url, 'http://x') ? new URL(url, 'http://x').pathname.replace(/\/+$/, '') : ''
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

/** Scheme, host and port of the first server; `null` where it is only a path. */
function serverHost(servers: unknown): string | null {
  const url = Array.isArray(servers) && isObject(servers[0]) ? serverUrl(servers[0]) : null
  return url !== null && URL.canParse(url) ? new URL(url).origin : null
}

/** The URL of a server with the defaults of its variables (OpenAPI 3.1 section 4.8.6); `null` where one has none. */
export function serverUrl({ url, variables }: Readonly<Record<string, unknown>>): string | null {
  const known = isObject(variables) ? variables : {}
  const filled = String(url ?? '').replace(/\{([^{}]*)\}/g, (whole, name: string) => {
    const variable = Object.hasOwn(known, name) ? known[name] : null
    const usual = isObject(variable) ? (variable['default'] ?? [variable['enum']].flat()[0]) : null
    return typeof usual === 'string' || typeof usual === 'number' ? String(usual) : whole
  })
  return /[{}]/.test(filled) ? null : filled
}
