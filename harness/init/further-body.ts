import type { DocumentedOperation } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { Example, Fresh } from '../profile/examples.ts'
import { furtherObject, isFreeName } from '../profile/further-operations.ts'
import { alternatives, deepest, ofType, propertiesOf, sampleOf } from './schema.ts'
import { plain } from './words.ts'

/** The body of a call beyond our words: each property of it is an input, with a value for it. */
export interface FurtherBody {
  readonly kind: 'body' | 'form' | 'multipart'
  /** JSONata. */
  readonly expression: string
  readonly example: Example
  /** Properties that must be there and that nobody has a value for. */
  readonly missing: readonly string[]
}

const kinds = [
  ['body', /[/+]json\b/i],
  ['form', /^application\/x-www-form-urlencoded\b/i],
  ['multipart', /^multipart\/form-data\b/i],
] as const

/** What an object is called by, wherever it has such a name: it is to bear a mark. */
const namelike = ['name', 'title', 'label', 'description', 'subject', 'comment', 'note', 'displayname']

const fresh = (name: keyof Fresh) => `\${${name}}`

/** `null` where it has none; what must be there, and one text that can be looked for. */
export function furtherBody({ body }: DocumentedOperation): FurtherBody | null {
  if (body === null) return null
  const found = kinds.flatMap(([kind, type]) =>
    Object.entries(body).flatMap(([media, said]) =>
      type.test(media) && isObject(said) ? [{ kind, said }] : [],
    ),
  )[0]
  if (found === undefined) return { kind: 'body', expression: '{}', example: {}, missing: ['its media type'] }
  const { kind, said } = found
  const properties = propertiesOf(said['schema'])
  const named = namelike
    .map((word) => properties.find(({ name }) => plain(name) === word))
    .find((property) => property !== undefined && ofType(property.schema, 'string') !== null)
  const wanted = properties.filter((property) => property.required || property === named)
  const values = wanted.map(({ name, schema }) => ({ name, value: valueFor(name, schema, 0) }))
  const inputs = values.map(({ name, value }) => ({ name, value, input: inputOf(name) }))
  const lines = inputs.map(({ name, input }) => `${JSON.stringify(name)}: ${input}`)
  return {
    kind,
    expression: `{${lines.join(', ')}}`,
    example: Object.fromEntries(inputs.map(({ input, value }) => [input, value])),
    missing: values.filter(({ value }) => value === undefined).map(({ name }) => name),
  }
}

/** `id` is what names the object that a call is of. */
function inputOf(name: string): string {
  const free = name.replace(/\W/g, '_').replace(/^[^A-Za-z]+/, '')
  return isFreeName(free) && free !== furtherObject ? free : `own_${free}`
}

/** Text that is fresh for each call where a text may be anything; `undefined` where nobody has a value. */
function valueFor(name: string, schema: unknown, depth: number): unknown {
  const text = ofType(schema, 'string')
  const isNamed = namelike.includes(plain(name))
  if (text !== null && isNamed && text['enum'] === undefined && text['const'] === undefined)
    return marked(text)
  if (text !== null && isAddress(name, text)) return fresh('address')
  const said = sampleOf(schema)
  if (said !== null) return said
  if (text !== null) return textOf(text)
  const [first] = alternatives(schema).flatMap(({ type }) => (type === undefined ? [] : [type].flat()))
  if (first === 'integer' || first === 'number') return numberOf(schema)
  if (first === 'boolean') return false
  if (depth >= deepest) return undefined
  const list = ofType(schema, 'array')
  if (list !== null) return listOf(name, list, depth)
  const object = ofType(schema, 'object')
  return object === null ? undefined : objectOf(schema, depth)
}

function marked({ maxLength }: Readonly<Record<string, unknown>>): string {
  return typeof maxLength === 'number' && maxLength < 32 ? 'postern'.slice(0, maxLength) : fresh('mark')
}

function isAddress(name: string, { format }: Readonly<Record<string, unknown>>): boolean {
  return format === 'email' || (format === undefined && /e-?mail(_?address)?$/i.test(name))
}

/** Names under .invalid lead nowhere (RFC 2606 section 2). */
function textOf(schema: Readonly<Record<string, unknown>>): string | undefined {
  const { format, pattern } = schema
  if (format === 'date-time') return '2030-01-01T00:00:00Z'
  if (format === 'date') return '2030-01-01'
  if (format === 'uri' || format === 'url') return 'https://postern.invalid/'
  if (format === 'hostname') return 'postern.invalid'
  return format === undefined && pattern === undefined ? marked(schema) : undefined
}

function numberOf(schema: unknown): number {
  const { minimum } = alternatives(schema).find((each) => typeof each['minimum'] === 'number') ?? {}
  return typeof minimum === 'number' ? minimum : 1
}

function listOf(name: string, list: Readonly<Record<string, unknown>>, depth: number): unknown {
  const item = valueFor(name.replace(/s$/, ''), list['items'], depth + 1)
  return item === undefined ? undefined : [item]
}

function objectOf(schema: unknown, depth: number): unknown {
  const entries = propertiesOf(schema)
    .filter(({ required }) => required)
    .map(({ name, schema: inner }) => [name, valueFor(name, inner, depth + 1)] as const)
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries)
}
