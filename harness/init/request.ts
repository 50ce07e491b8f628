import type { DocumentedOperation } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { InputKind, OtherNames } from '../profile/operations/resource.ts'
import { operations } from '../profile/operations.ts'
import { namedInPath } from './paths.ts'
import {
  alternatives,
  deepest,
  isSafe,
  ofType,
  type Property,
  propertiesOf,
  type Schema,
  sampleOf,
} from './schema.ts'
import { meaning, otherNames, parts, plain } from './words.ts'

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
  [/^application\/(?:[\w.-]+\+)?json\b/i, 'body'],
  [/^application\/x-www-form-urlencoded\b/i, 'form'],
  [/^(?:multipart|application)\/form-data\b/i, 'multipart'],
  [/^\*\/\*$/, 'body'],
] as const

/** What is known of all calls of a document. */
export interface Known {
  /** The members of every body that are the caller's credential, which his principal puts there. */
  readonly credential?: readonly string[]
  /** The same of every query. */
  readonly parameter?: string | null
}

/** The value of each principal that names the stored template to send by. */
export const ownTemplate = 'template'

/** The body of a call as one of our operations makes it; `null` where it has none, or none that can be said. */
export function bodyOf(
  operation: string,
  { body, path }: Pick<DocumentedOperation, 'body' | 'path'>,
  { credential = [] }: Known = {},
): Body | null {
  if (body === null) return null
  const found = kinds.flatMap(([pattern, kind]) =>
    Object.keys(body)
      .filter((media) => pattern.test(media))
      .map((media) => ({ schema: (body[media] as { schema?: unknown } | undefined)?.schema, kind })),
  )[0]
  return found === undefined ? null : said(operation, path, found, credential)
}

function said(
  operation: string,
  path: string,
  { schema, kind }: { readonly schema: unknown; readonly kind: Body['kind'] },
  credential: readonly string[],
): Body {
  const { inputs = {}, object: named = null } = operations[operation] ?? {}
  const inPath = namedInPath(operation, path)
  const wanted = Object.entries(inputs).filter(([name]) => name !== inPath)
  const body = written(operation, inPath, wanted, { schema, kind }, credential)
  // What is named by its name is named so, before it is called another.
  return named === null || named === inPath || !('name' in inputs) || body.inputs.includes(named)
    ? body
    : written(
        operation,
        inPath,
        wanted.filter(([name]) => name !== 'name'),
        { schema, kind },
        credential,
      )
}

function written(
  operation: string,
  inPath: string | null,
  inputs: readonly (readonly [string, InputKind])[],
  { schema, kind }: { readonly schema: unknown; readonly kind: Body['kind'] },
  credential: readonly string[],
): Body {
  const found: Found = { inputs: new Set(), samples: [], missing: [] }
  const place: Place = {
    within: '',
    inputs: Object.fromEntries(inputs),
    names: otherNames(operation, inPath === null).inputs,
    kind,
    found,
    depth: 0,
    looks: { left: mostLooks },
    sends: operations[operation]?.sends === true,
    credential,
  }
  const list = ofType(schema, 'object') === null ? ofType(schema, 'array') : null
  const expression =
    list === null ? object(objectLines(propertiesOf(schema), place)) : listed(operation, list, place)
  return { kind, expression, inputs: [...found.inputs], samples: found.samples, missing: found.missing }
}

function object(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n  ${lines.join(',\n  ')}\n}`
}

/** A body that is a list: of messages, of one object, or of one text. */
function listed(operation: string, list: Schema, place: Place): string {
  const { found } = place
  const { object: named, essential = [], inputs = {} } = operations[operation] ?? {}
  const [many] = Object.entries(inputs).find(([, kind]) => kind === 'messages') ?? []
  if (many !== undefined) {
    const said = messages(many, { name: many, schema: list, required: true }, place)
    if (said !== null) found.inputs.add(many)
    return said ?? '[]'
  }
  const lines = objectLines(propertiesOf(list['items']), place)
  if (lines.length > 0) return `[${object(lines)}]`
  const one = named ?? essential[0]
  if (one === undefined || inputs[one] !== 'text' || ofType(list['items'], 'string') === null) return '[]'
  found.inputs.add(one)
  return `[${one}]`
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
  /** What it makes is mail. */
  readonly sends: boolean
  readonly credential: readonly string[]
}

/** `"name": expression` for each property that can be said. Those that stand for an input come first: nothing is said twice. */
function objectLines(all: readonly Property[], place: Place): string[] {
  const { found } = place
  const properties = place.depth > 0 ? all : all.filter(({ name }) => !place.credential.includes(name))
  const said = new Map<string, string>()
  const say = (property: Property, input: string, kind: InputKind) => {
    const expression =
      kind === 'messages' ? messages(input, property, place) : inputAs(input, kind, property, place.kind)
    if (expression === null) return
    found.inputs.add(input)
    said.set(property.name, expression)
  }
  for (const property of properties) {
    const left = Object.keys(place.inputs).filter((name) => !found.inputs.has(name))
    const input =
      meaning(`${place.within}${property.name}`, left, place.names) ??
      meaning(property.name, left, place.names)
    const kind = input === null ? undefined : place.inputs[input]
    if (input !== null && kind !== undefined && !said.has(property.name)) say(property, input, kind)
  }
  names(properties, place, said)
  for (const property of properties) {
    if (said.has(property.name)) continue
    const expression = contentList(property, place) ?? nested(property, place)
    if (expression !== null) said.set(property.name, expression)
  }
  if (place.sends) {
    recipients(properties, place, said, say)
    content(properties, place, said, say)
    if (place.depth === 0) templateAlone(properties, place, said)
  }
  for (const property of properties) {
    const expression = said.has(property.name) ? null : sample(property, place)
    if (expression !== null) said.set(property.name, expression)
  }
  return properties.flatMap(({ name }) => {
    const expression = said.get(name)
    return expression === undefined ? [] : [`${JSON.stringify(name)}: ${expression}`]
  })
}

/** A mailbox with its name, and one whose format leaves no place for it. */
const alone = /^(?:\$exists\(\w+\) \? )?(?:\$address\((\w+)\)|(\w+)\.email)$/

/** `from_name` beside `from_email`: the name of a mailbox has a property of its own, and the address stands alone. */
function names(properties: readonly Property[], { found, inputs }: Place, said: Map<string, string>): void {
  for (const { name } of properties) {
    const input = Object.entries(inputs).find(
      ([each, kind]) =>
        kind === 'mailbox' &&
        found.inputs.has(each) &&
        [`${plain(each)}name`, ...(each === 'from' ? ['sendername'] : [])].includes(plain(name)),
    )?.[0]
    const [beside] =
      [...said].find(
        ([, expression]) => input !== undefined && alone.exec(expression)?.slice(1).includes(input) === true,
      ) ?? []
    if (input === undefined || said.has(name) || beside === undefined) continue
    said.set(beside, optional(input, `${input}.email`))
    said.set(name, `${input}.name ? ${input}.name`)
  }
}

type Say = (property: Property, input: string, kind: InputKind) => void

const notRecipients = /from|sender|reply|cc|return|bounce|subject|body|name$|click|open|track|preheader/

/** To whom it goes, by a name such as `subscriber_email`, where no usual one is there. */
function recipients(
  properties: readonly Property[],
  place: Place,
  said: Map<string, string>,
  say: Say,
): void {
  if (place.found.inputs.has('to') || place.depth > 0 || !('to' in place.inputs)) return
  const likely = properties.find(
    ({ name, schema }) =>
      !said.has(name) &&
      /e-?mail|address|recipient|destination/.test(plain(name)) &&
      !notRecipients.test(plain(name)) &&
      (ofType(schema, 'string') !== null || ofType(schema, 'array') !== null),
  )
  if (likely !== undefined) say(likely, 'to', 'mailboxes')
}

const bodies = ['body', 'content', 'message', 'emailbody', 'messagebody', 'contenthtml', 'bodycontent']

/** What is written, where one property has it and another says whether it is HTML. */
function content(properties: readonly Property[], place: Place, said: Map<string, string>, say: Say): void {
  const { found } = place
  if (found.inputs.has('html') || !('html' in place.inputs)) return
  const body = properties.find(({ name }) => bodies.includes(plain(name)) && !said.has(name))
  if (body === undefined || ofType(body.schema, 'string') === null) return
  say(body, 'html', 'text')
  if (!found.inputs.has('html')) return
  const type = properties.find(
    ({ name, schema }) =>
      /^(?:body|content|message|mime)?(?:type|format)$/.test(plain(name)) &&
      !said.has(name) &&
      isHtml(schema) !== null,
  )
  if (found.inputs.has('text')) return
  const html = isHtml(type?.schema)
  const flag = properties.find(({ name, schema }) => isSwitch(name, schema) && !said.has(name))
  found.inputs.add('text')
  said.set(body.name, '$exists(html) ? html : text')
  if (flag !== undefined) said.set(flag.name, '$exists(html)')
  if (type !== undefined && html !== null)
    said.set(
      type.name,
      `$exists(html) ? ${JSON.stringify(html)} : ${JSON.stringify(isText(type.schema) ?? html)}`,
    )
}

/** `is_html` beside a body. */
function isSwitch(name: string, schema: unknown): boolean {
  return (
    /^(?:is|as|use|send)?html(?:body|content|format|email)?$/.test(plain(name)) &&
    ofType(schema, 'boolean') !== null
  )
}

function choices(schema: unknown): string[] {
  return alternatives(schema)
    .flatMap((each) => (Array.isArray(each['enum']) ? each['enum'] : []))
    .filter((each) => typeof each === 'string' && isSafe(each.replace('/', ' ')))
}

const isHtml = (schema: unknown) => choices(schema).find((each) => /^(?:text\/)?html$/i.test(each)) ?? null
const isText = (schema: unknown) =>
  choices(schema).find((each) => /^(?:text\/)?(?:text|plain)$/i.test(each)) ?? null

/** Variables of any name, for a stored template. */
const variableNames = ['data', 'payload', 'variables', 'model', 'context', 'parameters', 'properties']

/**
 * A send by stored template alone: what is written are variables of it, so that a template which shows subject and html says what a
 * message says. Which template that is says a value of the caller's.
 */
function templateAlone(
  properties: readonly Property[],
  { found, inputs }: Place,
  said: Map<string, string>,
): void {
  if (!('template' in inputs) || !found.inputs.has('to')) return
  if (found.inputs.has('html') || found.inputs.has('text')) return
  const template = properties.find(({ name }) => said.get(name) === 'template')
  const variables =
    properties.find(({ name }) => said.get(name) === 'variables') ??
    properties.find(
      ({ name, schema }) =>
        variableNames.includes(plain(name)) && !said.has(name) && ofType(schema, 'object') !== null,
    )
  if (template === undefined || variables === undefined) return
  const id = `$exists(template) ? template : $principal.${ownTemplate}`
  said.set(template.name, ofType(template.schema, 'string') === null ? `$number(${id})` : id)
  const written = ['subject', 'html', 'text'].filter((input) => input in inputs && !found.inputs.has(input))
  const own = written.map((input) => `"${input}": ${input}`).join(', ')
  said.set(variables.name, `$merge([$exists(variables) ? variables : {}, {${own}}])`)
  for (const input of ['variables', ...written]) found.inputs.add(input)
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
    names: otherNames('message.send').inputs,
    found,
    within: '',
    depth: place.depth + 1,
    sends: true,
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
    case 'mime':
      return body === 'multipart' ? `{"filename": "message.eml", "content": ${input}}` : single(input, schema)
    case 'text':
    case 'number':
      return single(input, schema)
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
    case 'object':
      return ofType(schema, 'object') === null ? null : input
    case 'attachments':
      return attachments(input, schema)
  }
}

function single(input: string, schema: unknown): string | null {
  const list = ofType(schema, 'array')
  if (list !== null && ofType(schema, 'string') === null)
    return ofType(list['items'], 'string') === null ? null : optional(input, `[${input}]`)
  if (ofType(schema, 'object') !== null) return null
  // A policy that others have as a switch.
  if (input === 'tlsPolicy' && ofType(schema, 'boolean') !== null) return 'tlsPolicy != "opportunistic"'
  return input
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
