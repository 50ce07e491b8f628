import type { DocumentedOperation } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { OtherNames, ResultKind } from '../profile/operations/resource.ts'
import { operations } from '../profile/operations.ts'
import { isParameter, tokensOf } from './paths.ts'
import { alternatives, isSilent, ofType, type Property, propertiesOf } from './schema.ts'
import { allWordsOf, meaning, otherNames, plain, singular } from './words.ts'

/** Our results as JSONata over the answer that the document describes. */
export interface Results {
  readonly expressions: Readonly<Record<string, string>>
  /** The document says nothing of the answer: what stands here is custom. */
  readonly assumed: boolean
}

/** What answers are wrapped in. */
const wrappers = ['data', 'result', 'response', 'item', 'attributes']

/** Where the results of an operation stand in the answer of a call. */
export function resultsOf(operation: string, { answers, path }: DocumentedOperation): Results {
  const wanted = operations[operation]?.results ?? {}
  const answer = Object.entries(answers ?? {}).find(([media]) => /json/.test(media))?.[1] as
    | { schema?: unknown }
    | undefined
  if (answer === undefined || isSilent(answer.schema)) return withoutSchema(operation, path)
  const found = new Map<string, string>()
  const own = allWordsOf(operation)
  const { results } = otherNames(operation)
  const names = { ...results, id: [...(results['id'] ?? []), ...own.map((word) => `${word}id`)] }
  read(answer.schema, 'body', { wanted, own, names, found, depth: 0 })
  for (const whole of ['counts', 'content'])
    if (whole in wanted && !found.has(whole)) found.set(whole, 'body')
  return { expressions: Object.fromEntries(found), assumed: false }
}

function withoutSchema(operation: string, path: string): Results {
  const { results: wanted = {}, effect = null } = operations[operation] ?? {}
  // A page comes as it is.
  if (Object.keys(wanted).join() === 'html') return { expressions: { html: 'body' }, assumed: true }
  const made = 'id' in wanted && effect === 'create' && !isParameter(tokensOf(path).at(-1) ?? '')
  return { expressions: made ? { id: 'body.id' } : {}, assumed: made }
}

/** The member of an answer that says whether it means yes, whatever its status: `{"ok": false}`. */
export function saysYes({ answers }: DocumentedOperation): string | null {
  const answer = Object.entries(answers ?? {}).find(([media]) => /json/.test(media))?.[1]
  const schema = isObject(answer) ? answer['schema'] : undefined
  const named = propertiesOf(schema).find(
    (each) => /^(?:ok|success)$/.test(each.name) && ofType(each.schema, 'boolean') !== null,
  )
  return named?.name ?? null
}

/** Whether the described answer is a list, or has one somewhere; `null` where the document does not say. */
export function listsSomething({ answers }: DocumentedOperation): 'alone' | 'within' | false | null {
  const answer = Object.entries(answers ?? {}).find(([media]) => /json/.test(media))?.[1] as
    | { schema?: unknown }
    | undefined
  if (answer === undefined || isSilent(answer.schema)) return null
  const inner = propertiesOf(answer.schema)
  const isList = ofType(answer.schema, 'array') !== null
  if (inner.length === 0) return isList ? 'alone' : null
  const has = (properties: readonly Property[], depth: number): boolean =>
    properties.some(
      ({ schema }) => ofType(schema, 'array') !== null || (depth > 0 && has(propertiesOf(schema), depth - 1)),
    )
  return isList || has(inner, 1) ? 'within' : false
}

/** Names of what the items of a list have, as the document says it. */
export function itemNames({ answers }: DocumentedOperation): string[] {
  const answer = Object.entries(answers ?? {}).find(([media]) => /json/.test(media))?.[1] as
    | { schema?: unknown }
    | undefined
  return [answer?.schema, ...propertiesOf(answer?.schema).map(({ schema }) => schema)].flatMap((schema) =>
    propertiesOf(ofType(schema, 'array')?.['items']).map(({ name }) => name),
  )
}

interface Reading {
  readonly wanted: Readonly<Record<string, ResultKind>>
  /** What its resource is called, and its results. */
  readonly own: readonly string[]
  readonly names: OtherNames
  readonly found: Map<string, string>
  readonly depth: number
}

function read(schema: unknown, at: string, reading: Reading): void {
  const { wanted, own, names, found, depth } = reading
  if (ofType(schema, 'object') === null && ofType(schema, 'array') !== null) {
    if (wanted['items'] === 'list' && !found.has('items')) found.set('items', listAt(schema, at, names))
    return
  }
  const properties = propertiesOf(schema)
  for (const property of properties) {
    const { name } = property
    const listed = ofType(property.schema, 'array') !== null
    const left = Object.keys(wanted).filter(
      (result) => !found.has(result) && (wanted[result] === 'list') === listed,
    )
    const result =
      meaning(name, left, names) ?? (listed && own.includes(singular(name)) ? itemsOf(left) : null)
    if (listed && result === null && left.includes('ids')) idsIn(property, at, names, found)
    if (result !== null && (listed || ofType(property.schema, 'object') === null || wanted[result] === 'any'))
      found.set(result, listAt(property.schema, `${at}.${step(name)}`, result === 'items' ? names : null))
  }
  if (depth > 0) return
  for (const { name, schema: inner } of properties)
    if ((wrappers.includes(plain(name)) || own.includes(singular(name))) && ofType(inner, 'object') !== null)
      read(inner, `${at}.${step(name)}`, { ...reading, depth: depth + 1 })
}

/** A list whose items are known by `id`, whatever the target calls it; as it is where they are not wanted (`null`). */
function listAt(list: unknown, at: string, names: OtherNames | null): string {
  const inner = names === null ? [] : propertiesOf(ofType(list, 'array')?.['items'])
  const id = inner.find(({ name }) => meaning(name, ['id'], names ?? {}) !== null)
  if (id === undefined || inner.some(({ name }) => name === 'id')) return at
  return `[${at}.($type($) = "object" ? $merge([$, {"id": ${step(id.name)}}]) : $)]`
}

/** One id an item; an item without one was refused. */
function idsIn({ name, schema }: Property, at: string, names: OtherNames, found: Map<string, string>): void {
  const id = propertiesOf(ofType(schema, 'array')?.['items']).find(
    (each) => meaning(each.name, ['id'], names) !== null,
  )
  if (id === undefined) return
  const own = step(id.name)
  found.set('ids', `[${at}.${step(name)}.($exists(${own}) ? ${own} : null)]`)
}

function itemsOf(left: readonly string[]): string | null {
  return left.includes('items') ? 'items' : null
}

/** A step of a JSONata path (https://docs.jsonata.org/simple). */
function step(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !['and', 'or', 'in', 'true', 'false', 'null'].includes(name)
    ? name
    : `\`${name}\``
}

/** Roles or scopes that the document lists for something, by the names of the property. */
export function choicesOf(call: DocumentedOperation | undefined, input: string): string[] {
  const schema = Object.values(call?.body ?? {}).flatMap((media) =>
    isObject(media) ? [media['schema']] : [],
  )[0]
  const property = propertiesOf(schema).find(({ name }) => meaning(name, [input], {}) !== null)
  const list = ofType(property?.schema, 'array')
  const choices = alternatives(list === null ? property?.schema : list['items']).flatMap((each) => [
    ...[each['enum'] ?? []].flat(),
    each['const'],
  ])
  return choices.filter((each) => typeof each === 'string')
}
