import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { isObject } from '../json.ts'

/** What a document says of the answers of a call, by status. */
export type Responses = Readonly<Record<string, unknown>>

/** Documents are hostile: they go round in circles, and say more than anybody meant to. Levels, parts, members of a list. */
const [deepest, mostParts, mostListed] = [12, 600, 500]
const [widest, mostItems, mostJoined] = [32, 20, 64]
/** A name that is none of its own in JavaScript. */
const isName = (name: string) => name !== '__proto__'

/**
 * What the document says of this status; `null` where it says nothing. Where successes are named, `default` is what becomes of
 * everything else: another success is none of it.
 */
export function responseFor(responses: Responses, status: number): Readonly<Record<string, unknown>> | null {
  const find = (name: string) => {
    const found = Object.entries(responses).find(([key]) => key.toUpperCase() === name)?.[1]
    return isObject(found) ? found : null
  }
  const family = `${String(status)[0]}XX`
  const named = find(String(status)) ?? find(family)
  const namesSuccess = Object.keys(responses).some((key) => key.startsWith('2'))
  if (named !== null || (family === '2XX' && namesSuccess)) return named
  return find('DEFAULT')
}

const essence = (type: string) => type.replace(/;.*$/s, '').trim().toLowerCase()

/** What is documented of an answer of this type, `*` in it standing for any (OpenAPI 3.1 §4.8.17); `null` for nothing. */
export function mediaFor(
  content: Readonly<Record<string, unknown>>,
  type: string,
): Readonly<Record<string, unknown>> | null {
  const fitting = Object.entries(content).filter(([range]) => {
    const [kind, ending] = essence(range).split('/')
    const [ownKind, ownEnding] = essence(type).split('/')
    return (kind === '*' || kind === ownKind) && (ending === '*' || ending === ownEnding)
  })
  const [, media] = fitting.toSorted(([a], [b]) => stars(a) - stars(b))[0] ?? []
  return media === undefined ? null : isObject(media) ? media : {}
}

const stars = (range: string) => range.split('*').length

const numbers = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
]
const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']
const unions = ['allOf', 'anyOf', 'oneOf'] as const

/**
 * Of a schema, what can be held against an answer without harm: no patterns, which may run for ever, no references, and an end to
 * what goes round in circles. Of `oneOf` one is enough: documents mean that, and many write it of what overlaps.
 */
function validatable(schema: unknown, left: { parts: number }, depth = 0): Record<string, unknown> {
  if (!isObject(schema) || depth > deepest || left.parts-- <= 0 || schema['$ref'] !== undefined) return {}
  const kept: Record<string, unknown> = {}
  const inner = (value: unknown) => validatable(value, left, depth + 1)
  const isNullable = schema['nullable'] === true
  const said = [schema['type']].flat().filter((type) => types.includes(String(type)))
  if (said.length > 0) kept['type'] = isNullable ? [...new Set([...said, 'null'])] : said
  const { enum: choices, required, properties, items, additionalProperties } = schema
  if (Array.isArray(choices) && choices.length > 0 && choices.length <= mostListed)
    kept['enum'] = isNullable || said.includes('null') ? [...choices, null] : choices
  if (schema['const'] !== undefined) kept['const'] = schema['const']
  for (const name of numbers) {
    const value: unknown = schema[name]
    const counts = /Length|Items|Properties/.test(name)
    if (typeof value === 'number' && (!counts || (Number.isInteger(value) && value >= 0))) kept[name] = value
  }
  if (isObject(properties))
    kept['properties'] = Object.fromEntries(
      Object.entries(properties)
        .slice(0, mostListed)
        .flatMap(([name, value]) => (isName(name) ? [[name, inner(value)]] : [])),
    )
  if (Array.isArray(required)) {
    const isOfRequests = (name: string) => {
      const property = isObject(properties) ? properties[name] : undefined
      return isObject(property) && property['writeOnly'] === true
    }
    kept['required'] = [
      ...new Set(required.filter((name) => typeof name === 'string' && isName(name))),
    ].filter((name) => !isOfRequests(name))
  }
  if (isObject(items)) kept['items'] = inner(items)
  if (isObject(additionalProperties) && !isObject(properties) && !Array.isArray(schema['allOf']))
    kept['additionalProperties'] = inner(additionalProperties)
  for (const name of unions) {
    const list: unknown = schema[name]
    if (!Array.isArray(list) || list.length === 0 || list.length > widest) continue
    kept['allOf'] = [
      ...((kept['allOf'] as unknown[] | undefined) ?? []),
      ...(name === 'allOf' ? list.map(inner) : [{ anyOf: list.map(inner) }]),
    ]
  }
  return isNullable && said.length === 0 ? { anyOf: [kept, { type: 'null' }] } : kept
}

/** What of a value is not as the schema has it, as a sentence without the value; `null` where all is. */
export function violationOf(schema: unknown, value: unknown): string | null {
  const validate = compiled(schema)
  if (validate === null || validate(value)) return null
  const [error] = validate.errors ?? []
  return error === undefined ? null : `${error.instancePath || 'the answer'} ${error.message}`
}

function compiled(schema: unknown): ValidateFunction | null {
  try {
    // One a schema: what is compiled stays with its Ajv.
    const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, logger: false })
    return ajv.compile(validatable(schema, { parts: mostParts }))
  } catch {
    // What the validator says of a hostile schema says nothing to a user.
    return null
  }
}

/** A member of an answer that its document does not name. */
export interface Undocumented {
  /** As in `data[].password_hash`. */
  readonly path: string
  readonly name: string
  readonly value: unknown
  /** By its name it is for the inside alone. */
  readonly isSensitive: boolean
}

const sensitive =
  /pass(?:word|wd|phrase)|(?:^|[_-])hash(?:ed)?(?:$|[_-])|Hash$|secret|(?:access|auth|refresh|api|reset|session|bearer)[_-]?token|^token$|(?:^|[_-])salt$|private[_-]?key|api[_-]?key|credential|internal|(?:^|[_-])t?otp(?:$|[_-])|stack[_-]?trace|card[_-]?number|(?:^|[_-])ssn$/i

/** The members that the schema names nowhere, the sensitive first. Where it leaves open what there is, as in a map, all are documented. */
export function undocumentedIn(schema: unknown, value: unknown): Undocumented[] {
  const found = new Map<string, Undocumented>()
  const left = { parts: mostParts }
  const walk = (value: unknown, schemas: readonly unknown[], path: string, depth: number) => {
    if (depth > deepest || left.parts-- <= 0) return
    const parts = partsOf(schemas)
    if (Array.isArray(value)) {
      const items = parts.flatMap(({ schema }) => (isObject(schema['items']) ? [schema['items']] : []))
      if (items.length > 0)
        for (const item of value.slice(0, mostItems)) walk(item, items, `${path}[]`, depth + 1)
      return
    }
    if (!isObject(value)) return
    const isOpen =
      parts.length === 0 ||
      parts.some(isOpenPart) ||
      !parts.some(({ schema }) => isObject(schema['properties']))
    for (const [name, inner] of Object.entries(value).slice(0, mostListed)) {
      const at = path === '' ? name : `${path}.${name}`
      const known = parts.flatMap(({ schema: { properties } }) =>
        isObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [],
      )
      const isForRequests =
        known.length > 0 && known.every((each) => isObject(each) && each['writeOnly'] === true)
      if (isForRequests || (known.length === 0 && !isOpen))
        found.set(at, { path: at, name, value: inner, isSensitive: sensitive.test(name) })
      else if (known.length > 0) walk(inner, known, at, depth + 1)
    }
  }
  walk(value, [schema], '', 0)
  return [...found.values()].toSorted((a, b) => Number(b.isSensitive) - Number(a.isSensitive))
}

interface Part {
  readonly schema: Readonly<Record<string, unknown>>
  /** It is one of several that the value may be. */
  readonly isChoice: boolean
}

/** These schemas and those that they are put together of, each once: in a circle there are no more. */
function partsOf(schemas: readonly unknown[]): Part[] {
  const found = new Map<unknown, Part>()
  const open: { readonly schema: unknown; readonly isChoice: boolean }[] = schemas.map((schema) => ({
    schema,
    isChoice: false,
  }))
  for (let next = open.shift(); next !== undefined && found.size < mostJoined; next = open.shift()) {
    const { schema, isChoice } = next
    if (!isObject(schema) || found.has(schema)) continue
    found.set(schema, { schema, isChoice })
    for (const name of unions) {
      const list: unknown = schema[name]
      if (Array.isArray(list))
        for (const each of list.slice(0, widest))
          open.push({ schema: each, isChoice: isChoice || name !== 'allOf' })
    }
  }
  return [...found.values()]
}

/** It allows members that it does not name. */
function isOpenPart({ schema, isChoice }: Part): boolean {
  const { additionalProperties: more, patternProperties, properties, $ref, $dynamicRef } = schema
  if (more === true || isObject(more) || patternProperties !== undefined) return true
  if ($ref !== undefined || $dynamicRef !== undefined) return true
  const mayBeObject = schema['type'] === undefined || [schema['type']].flat().includes('object')
  const isPutTogether = unions.some((name) => schema[name] !== undefined)
  const isValue = ['enum', 'const', 'items'].some((name) => schema[name] !== undefined)
  return isChoice && mayBeObject && !isPutTogether && !isValue && !isObject(properties) && more !== false
}
