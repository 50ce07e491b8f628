import { isObject } from '../json.ts'

/** A JSON Schema of a document that anybody may have written: nothing of it is certain. */
export type Schema = Readonly<Record<string, unknown>>

/** Documents may refer to themselves without end, and widely. */
export const deepest = 4
const mostProperties = 200
const mostAlternatives = 8
const mostOfAll = 24

/** The schema and what it may be instead: anyOf, oneOf, and each of allOf merged into one. */
export function alternatives(schema: unknown): Schema[] {
  const found: Schema[] = []
  gather(schema, found, 0)
  return found
}

function gather(schema: unknown, found: Schema[], depth: number): void {
  if (!isObject(schema) || depth > deepest || found.length >= mostOfAll) return
  const merged = Array.isArray(schema['allOf']) ? joined(schema, schema['allOf'].filter(isObject)) : schema
  found.push(merged)
  const others = [merged['anyOf'], merged['oneOf']].flatMap((list) => (Array.isArray(list) ? list : []))
  for (const other of others.slice(0, mostAlternatives)) gather(other, found, depth + 1)
}

function joined(schema: Schema, parts: readonly Schema[], depth = 0): Schema {
  const whole = parts.map((part) =>
    depth < deepest && Array.isArray(part['allOf'])
      ? joined(part, part['allOf'].filter(isObject).slice(0, mostAlternatives), depth + 1)
      : part,
  )
  const all = [...whole, schema]
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map((part) => part['properties'] ?? {})),
    required: all.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : [])),
    allOf: undefined,
  }
}

/** It says nothing: an empty schema takes anything, and is what frameworks write of an answer that nobody described. */
export function isSilent(schema: unknown): boolean {
  return schema === undefined || schema === true || (isObject(schema) && Object.keys(schema).length === 0)
}

/** The alternative of this type, if there is one. */
export function ofType(
  schema: unknown,
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean',
): Schema | null {
  return alternatives(schema).find((each) => types(each).includes(type)) ?? null
}

function types({ type, properties, items }: Schema): string[] {
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.map(String)
  if (properties !== undefined) return ['object']
  return items === undefined ? [] : ['array']
}

export interface Property {
  readonly name: string
  readonly schema: unknown
  readonly required: boolean
}

/**
 * The properties of an object, of all that it may be; those whose names could not stand in a profile are left out. One must be
 * there where the object itself wants it, or whatever it is; what is read only is wanted of answers alone (OpenAPI 3.0 section
 * 4.7.24.2).
 */
export function propertiesOf(schema: unknown): Property[] {
  const [first, ...others] = alternatives(schema)
  if (first === undefined) return []
  const variants = others.filter((each) => isObject(each['properties']))
  const wanted = (each: Schema) => (Array.isArray(each['required']) ? each['required'] : [])
  const always = (name: string) =>
    wanted(first).includes(name) ||
    (variants.length > 0 && variants.every((each) => wanted(each).includes(name)))
  const all: Record<string, unknown> = Object.assign(
    Object.create(null),
    ...variants.toReversed().map(({ properties }) => properties),
    isObject(first['properties']) ? first['properties'] : {},
  )
  return Object.entries(all)
    .filter(([name]) => isSafe(name))
    .slice(0, mostProperties)
    .map(([name, inner]) => ({ name, schema: inner, required: always(name) && !isReadOnly(inner) }))
}

function isReadOnly(schema: unknown): boolean {
  return isObject(schema) && schema['readOnly'] === true
}

/**
 * Whether a text of the document may stand in a profile as it is: a reference such as `${env:HOME}` in it would be filled
 * in and sent, braces make templates, and an address or a URL might be somebody's.
 */
export function isSafe(text: string): boolean {
  return /^[\w .,:+~[\]-]{1,100}$/.test(text)
}

/** A value that the document itself gives for something: its constant, default, example, or first choice. */
export function sampleOf(schema: unknown): string | number | boolean | null {
  for (const each of alternatives(schema)) {
    const { const: constant, default: usual, example, examples, enum: choices } = each
    const listed = [examples, choices].flatMap((list) => (Array.isArray(list) ? list.slice(0, 1) : []))
    const found = [constant, usual, example, ...listed].find((value) => isPlain(value))
    if (found !== undefined) return found as string | number | boolean
  }
  return null
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' ? isSafe(value) : typeof value === 'number' || typeof value === 'boolean'
}
