import type { DocumentedOperation } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { InputKind, OtherNames } from '../profile/operations/resource.ts'
import { operations } from '../profile/operations.ts'
import {
  alternatives,
  deepest,
  ofType,
  type Property,
  propertiesOf,
  type Schema,
  sampleOf,
} from './schema.ts'
import { meaning, namedInPath, otherNames, parts, plain } from './words.ts'

/** A body of the document, said in our inputs. */
export interface Body {
  readonly kind: 'body' | 'form' | 'multipart'
  /** JSONata. */
  readonly expression: string
  readonly inputs: readonly string[]
  /** Required properties that nothing of ours stands for, filled with a value that the document gives. */
  readonly samples: readonly string[]
  /** Required properties that nothing of ours stands for, and no value is given for. */
  readonly missing: readonly string[]
}

const kinds = [
  ['application/json', 'body'],
  ['application/x-www-form-urlencoded', 'form'],
  ['multipart/form-data', 'multipart'],
] as const

/** The body of a call as one of our operations makes it; `null` where it has none, or none that can be said. */
export function bodyOf(operation: string, { body, path }: DocumentedOperation): Body | null {
  if (body === null) return null
  const [type, kind] = kinds.find(([media]) => media in body) ?? [null, null]
  if (type === null) return null
  const inputs = Object.entries(operations[operation]?.inputs ?? {}).filter(
    ([name]) => name !== namedInPath(operation, path),
  )
  const found: Found = { inputs: new Set(), samples: [], missing: [] }
  const schema = (body[type] as { schema?: unknown } | undefined)?.schema
  const lines = objectLines(propertiesOf(schema), {
    within: '',
    inputs: Object.fromEntries(inputs),
    names: otherNames(operation).inputs,
    kind,
    found,
    depth: 0,
    looks: { left: mostLooks },
  })
  if (lines.length === 0) return { kind, expression: '{}', inputs: [], samples: [], missing: found.missing }
  const { samples, missing } = found
  return { kind, expression: `{\n  ${lines.join(',\n  ')}\n}`, inputs: [...found.inputs], samples, missing }
}

/** Properties of one body that are looked at, those inside others too. */
const mostLooks = 1000

interface Found {
  readonly inputs: Set<string>
  readonly samples: string[]
  readonly missing: string[]
}

interface Place {
  /** The name of the object around, in which `id` means its id. */
  readonly within: string
  readonly inputs: Readonly<Record<string, InputKind>>
  readonly names: OtherNames
  readonly kind: Body['kind']
  readonly found: Found
  readonly depth: number
  /** Looks that are left, for the whole body. */
  readonly looks: { left: number }
}

/** `"name": expression` for each property that can be said. Those that stand for an input come first: nothing is said twice. */
function objectLines(properties: readonly Property[], place: Place): string[] {
  const { found } = place
  const said = new Map<string, string>()
  for (const property of properties) {
    const left = Object.keys(place.inputs).filter((name) => !found.inputs.has(name))
    const input =
      meaning(`${place.within}${property.name}`, left, place.names) ??
      meaning(property.name, left, place.names)
    const kind = input === null ? undefined : place.inputs[input]
    if (input === null || kind === undefined) continue
    const expression =
      kind === 'messages' ? messages(input, property, place) : inputAs(input, kind, property, place.kind)
    if (expression === null) continue
    found.inputs.add(input)
    said.set(property.name, expression)
  }
  for (const property of properties) {
    if (said.has(property.name)) continue
    const expression = contentList(property, place) ?? nested(property, place) ?? sample(property, place)
    if (expression !== null) said.set(property.name, expression)
  }
  return properties.flatMap(({ name }) => {
    const expression = said.get(name)
    return expression === undefined ? [] : [`${JSON.stringify(name)}: ${expression}`]
  })
}

/** An object, or a list of one, whose own properties stand for inputs. */
function nested(property: Property, place: Place): string | null {
  if (place.depth >= deepest || place.kind !== 'body' || place.looks.left-- <= 0) return null
  const list = ofType(property.schema, 'array')
  const inner = propertiesOf(list === null ? property.schema : list['items'])
  const found: Found = { inputs: new Set(place.found.inputs), samples: [], missing: [] }
  const lines = objectLines(inner, { ...place, found, within: property.name, depth: place.depth + 1 })
  const inputs = [...found.inputs].filter((input) => !place.found.inputs.has(input))
  if (inputs.length === 0) return null
  for (const input of inputs) place.found.inputs.add(input)
  place.found.samples.push(...found.samples)
  place.found.missing.push(...found.missing)
  const object = list === null ? `{${lines.join(', ')}}` : `[{${lines.join(', ')}}]`
  const always = property.required || inputs.some((input) => input === 'to' || input === 'from')
  return always ? object : `${inputs.map((input) => `$exists(${input})`).join(' or ')} ? ${object}`
}

/** A list of objects, each of which is a message as a call that sends one makes it. */
function messages(input: string, { schema }: Property, place: Place): string | null {
  const list = ofType(schema, 'array')
  if (list === null || place.kind !== 'body' || place.depth >= deepest) return null
  const found: Found = { inputs: new Set(), samples: [], missing: [] }
  const inputs = operations['message.send']?.inputs ?? {}
  const lines = objectLines(propertiesOf(list['items']), {
    ...place,
    inputs,
    found,
    within: '',
    depth: place.depth + 1,
  })
  if (!found.inputs.has('to')) return null
  place.found.samples.push(...found.samples)
  place.found.missing.push(...found.missing)
  return `[${input}.{${lines.join(', ')}}]`
}

/** A list of bodies, each with its media type: `[{type, value}]`. */
function contentList({ schema }: Property, { inputs, found, kind }: Place): string | null {
  const list = ofType(schema, 'array')
  if (list === null || kind !== 'body' || !('text' in inputs) || !('html' in inputs)) return null
  if (found.inputs.has('text') || found.inputs.has('html')) return null
  const names = propertiesOf(list['items']).map(({ name }) => name)
  const type = names.find((name) => ['type', 'contenttype', 'mimetype'].includes(plain(name)))
  const value = names.find((name) => ['value', 'content', 'body'].includes(plain(name)))
  if (type === undefined || value === undefined || names.some((name) => plain(name) === 'filename'))
    return null
  found.inputs.add('text').add('html')
  const part = (media: string, input: string) =>
    `$exists(${input}) ? {${JSON.stringify(type)}: "${media}", ${JSON.stringify(value)}: ${input}}`
  return `[${part('text/plain', 'text')}, ${part('text/html', 'html')}]`
}

function sample({ name, schema, required }: Property, { found }: Place): string | null {
  if (!required) return null
  const value = sampleOf(schema)
  if (value === null) {
    found.missing.push(name)
    return null
  }
  found.samples.push(name)
  return JSON.stringify(value)
}

/** An input as the property wants it; `null` where it cannot be said so. */
function inputAs(
  input: string,
  kind: Exclude<InputKind, 'messages'>,
  { schema }: Property,
  body: Body['kind'],
): string | null {
  switch (kind) {
    case 'text':
    case 'mime':
    case 'number':
      return ofType(schema, 'object') === null && ofType(schema, 'array') === null ? input : null
    case 'time':
      return ofType(schema, 'integer') === null ? input : `$floor($toMillis(${input}) / 1000)`
    case 'texts':
      return ofType(schema, 'array') === null || propertiesOf(ofType(schema, 'array')?.['items']).length > 0
        ? null
        : optional(input, `[${input}]`)
    case 'mailbox': {
      const list = ofType(schema, 'array')
      const one = mailbox(list === null ? schema : list['items'], input)
      return one === null ? null : optional(input, list === null ? one : `[${one}]`)
    }
    case 'mailboxes':
      return mailboxes(input, schema, body)
    case 'fields':
      return fields(input, schema)
    case 'attachments':
      return attachments(input, schema)
  }
}

/** Left out where a call has none of it; from, and the first of everything, always is there. */
function optional(input: string, expression: string): string {
  return input === 'from' || input === 'to' ? expression : `$exists(${input}) ? ${expression}`
}

function mailboxes(input: string, schema: unknown, body: Body['kind']): string | null {
  const list = ofType(schema, 'array')
  if (list === null) {
    if (ofType(schema, 'string') !== null || body !== 'body')
      return optional(input, `$join(${input}.email, ", ")`)
    return null
  }
  const { email, name } = namesIn(list['items'], { email: parts.email, name: parts.name })
  const items = list['items']
  if (email === undefined) {
    const texts = ofType(items, 'string') !== null || !isObject(items) || Object.keys(items).length === 0
    return texts ? optional(input, `[${input}.email]`) : null
  }
  const object = mailboxObject(email, name, '')
  return optional(input, `[${input}.${object}]`)
}

function mailbox(schema: unknown, input: string): string | null {
  const { email, name } = namesIn(schema, { email: parts.email, name: parts.name })
  if (email !== undefined) return mailboxObject(email, name, `${input}.`)
  if (ofType(schema, 'object') !== null) return null
  // The format is that of an address alone: no name stands beside it.
  return isBareAddress(ofType(schema, 'string')) ? `${input}.email` : `$address(${input})`
}

function isBareAddress(schema: Schema | null): boolean {
  return ['email', 'idn-email'].includes(String(schema?.['format']))
}

function mailboxObject(email: string, name: string | undefined, of: string): string {
  const called = name === undefined ? '' : `, ${JSON.stringify(name)}: ${of}name ? ${of}name`
  return `{${JSON.stringify(email)}: ${of}email${called}}`
}

function fields(input: string, schema: unknown): string | null {
  const list = ofType(schema, 'array')
  if (list === null) return ofType(schema, 'string') === null ? input : null
  const { name, value } = namesIn(list['items'], { name: parts.fieldName, value: parts.fieldValue })
  if (name === undefined || value === undefined) return null
  const pair = `{${JSON.stringify(name)}: $name, ${JSON.stringify(value)}: $value}`
  return optional(input, `[$each(${input}, function($value, $name) {${pair}})]`)
}

function attachments(input: string, schema: unknown): string | null {
  const list = ofType(schema, 'array')
  if (list === null) return null
  const { filename, content, contentType, contentId } = namesIn(list['items'], parts)
  if (filename === undefined || content === undefined) return null
  const type = contentType === undefined ? '' : `, ${JSON.stringify(contentType)}: contentType`
  const id = contentId === undefined ? '' : `, ${JSON.stringify(contentId)}: contentId`
  const file = `{${JSON.stringify(filename)}: filename, ${JSON.stringify(content)}: content${type}${id}}`
  return optional(input, `[${input}.${file}]`)
}

/** The first name of an object's properties for each wanted meaning. */
function namesIn<Wanted extends string>(
  schema: unknown,
  wanted: Readonly<Record<Wanted, readonly string[]>>,
): Partial<Record<Wanted, string>> {
  const names = alternatives(schema).flatMap((each) => propertiesOf(each).map(({ name }) => name))
  const entries = Object.entries<readonly string[]>(wanted).flatMap(([key, words]) => {
    const found = words
      .map((word) => names.find((name) => plain(name) === word))
      .find((name) => name !== undefined)
    return found === undefined ? [] : [[key, found]]
  })
  return Object.fromEntries(entries) as Partial<Record<Wanted, string>>
}
