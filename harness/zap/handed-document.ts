import { methods, serverPath } from '../api/openapi.ts'
import { isObject } from '../json.ts'

export interface HandedOptions {
  /** The target's `url`. */
  readonly url: string
  /** Whether ZAP is to know of an operation: by its method in upper case and its path at the target. */
  readonly keeps: (method: string, path: string) => boolean
  /** An address of the sandbox: it takes the place of every other. */
  readonly address: string
}

type Json = Readonly<Record<string, unknown>>

const exampleKeys = ['example', 'examples', 'default', 'enum', 'const']
const addressNames = /^(to|cc|bcc|from|reply_?to|sender|recipients?|e_?-?mail(_?address)?|address(es)?)$/i
const anyAddress = /[^\s"'<>(),;:@\\]+@[^\s"'<>(),;:@\\]+/g

/**
 * The OpenAPI document as ZAP gets it. Its importer sends every operation once, with the examples of the document: so it
 * names the target alone, holds the operations that may be sent and no address but one of the sandbox, and refers to
 * nothing outside of itself.
 */
export function handedDocument(source: Json, options: HandedOptions): Json {
  const prefix = serverPath(source['servers'])
  const { origin, href } = new URL(options.url)
  const rewritten = rewrite(source, '', options.address) as Record<string, unknown>
  const paths = isObject(rewritten['paths']) ? rewritten['paths'] : {}
  return {
    ...rewritten,
    servers: [{ url: prefix === '' ? href.replace(/\/+$/, '') : `${origin}${prefix}` }],
    paths: Object.fromEntries(
      Object.entries(paths).flatMap(([path, item]) => {
        const kept = keptOperations(item, `${prefix}${path}`, options)
        return kept === null ? [] : [[path, kept]]
      }),
    ),
  }
}

function keptOperations(item: unknown, path: string, { keeps }: HandedOptions): Json | null {
  if (!isObject(item)) return null
  const names: readonly string[] = methods
  const kept = Object.entries(item).filter(([key, value]) => {
    if (!names.includes(key)) return key !== 'servers'
    if (isObject(value)) delete value['servers']
    return keeps(key.toUpperCase(), path)
  })
  return kept.some(([key]) => names.includes(key)) ? Object.fromEntries(kept) : null
}

/** `name` is that of the property or parameter which the value describes. */
function rewrite(value: unknown, name: string, address: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, name, address))
  if (!isObject(value)) return value
  const { $ref: reference } = value
  if (typeof reference === 'string' && !reference.startsWith('#')) return {}
  const own = typeof value['in'] === 'string' ? String(value['name']) : name
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    if (exampleKeys.includes(key)) return [key, withoutAddresses(inner, address)]
    if (key !== 'properties' || !isObject(inner)) return [key, rewrite(inner, own, address)]
    return [key, Object.fromEntries(Object.entries(inner).map(([of, s]) => [of, rewrite(s, of, address)]))]
  })
  const rewritten: Record<string, unknown> = Object.fromEntries(entries)
  return takesAddress(rewritten, own) ? { ...rewritten, example: address } : rewritten
}

function takesAddress({ type, format, $ref: reference }: Json, name: string): boolean {
  const isText = type === 'string' || (Array.isArray(type) && type.includes('string'))
  const mail = ['email', 'idn-email'].includes(String(format))
  return isText && reference === undefined && (mail || (format === undefined && addressNames.test(name)))
}

function withoutAddresses(value: unknown, address: string): unknown {
  if (typeof value === 'string') return value.replace(anyAddress, address)
  if (Array.isArray(value)) return value.map((item) => withoutAddresses(item, address))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutAddresses(inner, address)]),
  )
}
