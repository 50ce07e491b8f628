import { readFile, stat } from 'node:fs/promises'
import { dereference, normalize, upgrade } from '@scalar/openapi-parser'
import { Unproven } from '../verdicts.ts'
import type { Api } from './api.ts'
import { isUrl } from './authorization.ts'

const maximumSize = 10 * 1024 * 1024
export const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

/** One operation of the target's own document. */
export interface DocumentedOperation {
  /** In upper case. */
  readonly method: string
  /** With its templates, as in `/v1/messages/{id}`, after the path of the document's first server. */
  readonly path: string
  readonly operationId: string | null
  /** Whether the document wants credentials for it; `null` where it says nothing. */
  readonly secured: boolean | null
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  /** Media types of its request body. */
  readonly accepts: readonly string[]
}

export interface OpenApi {
  /** OpenAPI 3.1 with local references resolved; older documents are upgraded. */
  readonly document: Readonly<Record<string, unknown>>
  /** The same with its references as they are. */
  readonly source: Readonly<Record<string, unknown>>
  readonly operations: readonly DocumentedOperation[]
}

/**
 * The OpenAPI document that the profile names; references to other files and hosts are not followed.
 * Throws Unproven where it cannot be had or read.
 */
export async function readOpenApi(api: Api): Promise<OpenApi> {
  const source = api.profile.openapi
  if (source === undefined)
    throw new TypeError("expected openapi in the profile: name it in the check's needs")
  const text = isUrl(source) ? await download(api, source) : await readBounded(source)
  const { specification, document } = parse(text, source)
  return { document, source: specification, operations: documentedOperations(document) }
}

function unreadable(source: string, why: string): Unproven {
  return new Unproven(`the OpenAPI document ${source} ${why}`, 'check openapi in the profile')
}

async function download(api: Api, source: string): Promise<string> {
  const url = new URL(source)
  const request = {
    method: 'GET',
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: [['accept', 'application/json, application/yaml, */*']] as const,
    body: null,
  }
  const { response, failure } = await api.send(request, { operation: null, principal: 'anonymous' })
  if (response?.status !== 200) throw unreadable(source, `was answered ${response?.status ?? failure}`)
  if (response.truncated) throw unreadable(source, 'is too large: save it and name the file')
  return response.body
}

async function readBounded(file: string): Promise<string> {
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
  throw unreadable(source, 'is no OpenAPI document with paths')
}

function documentedOperations(document: Readonly<Record<string, unknown>>): DocumentedOperation[] {
  const prefix = serverPath(document['servers'])
  return Object.entries(document['paths'] as Record<string, unknown>).flatMap(([template, item]) => {
    if (!isObject(item)) return []
    return methods.flatMap((method) => {
      const operation = item[method]
      if (!isObject(operation)) return []
      const { operationId, security = document['security'], requestBody } = operation
      const content = isObject(requestBody) && isObject(requestBody['content']) ? requestBody['content'] : {}
      return [
        {
          method: method.toUpperCase(),
          path: `${prefix}${template}`,
          operationId: typeof operationId === 'string' ? operationId : null,
          secured: Array.isArray(security) ? wantsCredentials(security) : null,
          parameters: [item['parameters'], operation['parameters']].flatMap(parameters),
          accepts: Object.keys(content),
        },
      ]
    })
  })
}

/** An empty list, or an empty requirement in it, allows anybody (OpenAPI 3.1 section 4.8.10). */
function wantsCredentials(security: readonly unknown[]): boolean {
  return security.length > 0 && security.every((one) => isObject(one) && Object.keys(one).length > 0)
}

function parameters(list: unknown): { name: string; in: string; required: boolean }[] {
  if (!Array.isArray(list)) return []
  return list
    .filter(isObject)
    .map((p) => ({ name: String(p['name']), in: String(p['in']), required: p['required'] === true }))
}

/** The path of the document's first server, without a slash at its end. */
export function serverPath(servers: unknown): string {
  const url = Array.isArray(servers) && isObject(servers[0]) ? String(servers[0]['url'] ?? '') : ''
  if (url.includes('{')) return ''
  return URL.canParse(url, 'http://x') ? new URL(url, 'http://x').pathname.replace(/\/+$/, '') : ''
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
