import type { DocumentedOperation } from '../api/openapi.ts'
import type { Effect } from '../profile/effects.ts'
import { isSilent, ofType, propertiesOf } from './schema.ts'
import { plain, singular } from './words.ts'

interface Asked {
  readonly effect: Effect
  readonly kind: string
  /** The parameter that names such an object in paths. */
  readonly named: string | null
}

/** Lists stand alone, or in one of these. */
const wrappers = ['data', 'items', 'results', 'result', 'records', 'entries', 'list', 'rows', 'values']
const cursors = ['nextcursor', 'cursor', 'nextpagetoken', 'nexttoken', 'next']

/**
 * Where the id of what a call made or shows stands in its answer, and the items of a list, each with an id: by the document, or
 * where it says nothing, in the places that are usual. JSONata.
 */
export function furtherResult(
  call: DocumentedOperation,
  { effect, kind, named }: Asked,
): Record<string, string> {
  const schema = answerOf(call)
  const ids = idNames(kind, named)
  if (effect === 'delete') return {}
  if (effect !== 'read' || named !== null)
    return schema === undefined
      ? { id: firstOf(ids.flatMap((id) => [`body.${id}`, `body.data.${id}`])) }
      : idIn(schema, ids)
  if (schema === undefined) return isPlural(call) ? { items: withIds(anyList(kind), ids) } : {}
  return itemsIn(schema, ids)
}

function answerOf({ answers }: DocumentedOperation): unknown {
  const json = Object.entries(answers ?? {}).find(([media]) => /json/.test(media))?.[1]
  const { schema } = (json ?? {}) as { schema?: unknown }
  return isSilent(schema) ? undefined : schema
}

/** What may be the id, the likelier first. */
function idNames(kind: string, named: string | null): string[] {
  const own = singular(kind.split('-').at(-1) ?? '')
  return [
    ...new Set([...(named === null ? [] : [named]), 'id', '_id', 'uuid', 'pk', `${own}_id`, `${own}Id`]),
  ].filter((name) => /^[A-Za-z_]\w*$/.test(name))
}

function isPlural({ path }: DocumentedOperation): boolean {
  return /(?<![usi]|ic)s$/i.test(path.split('/').at(-1) ?? '')
}

const firstOf = (expressions: readonly string[]) =>
  expressions.reduceRight((rest, each) => (rest === '' ? each : `($exists(${each}) ? ${each} : ${rest})`), '')

function anyList(kind: string): string {
  const own = kind.split('-').at(-1) ?? ''
  const names = [...wrappers, ...(/^[A-Za-z_]\w*$/.test(own) ? [own] : [])]
  return `($type(body) = "array" ? body : [${[...new Set(names)].map((name) => `body.${name}`).join(', ')}])`
}

const withIds = (list: string, ids: readonly string[]) =>
  `[${list}.($type($) = "object" ? $merge([$, {"id": ${firstOf(ids)}}]) : {"id": $})]`

function step(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !['and', 'or', 'in', 'true', 'false', 'null'].includes(name)
    ? name
    : `\`${name}\``
}

/** In the object itself, or in one that stands in it. */
function idIn(schema: unknown, ids: readonly string[]): Record<string, string> {
  const properties = propertiesOf(schema)
  const own = ids.find((id) => properties.some(({ name }) => name === id))
  if (own !== undefined) return { id: `body.${step(own)}` }
  for (const { name, schema: inner } of properties) {
    const within = ids.find((id) => propertiesOf(inner).some((each) => each.name === id))
    if (within !== undefined) return { id: `body.${step(name)}.${step(within)}` }
  }
  return {}
}

function itemsIn(schema: unknown, ids: readonly string[]): Record<string, string> {
  if (ofType(schema, 'object') === null)
    return ofType(schema, 'array') === null ? {} : { items: withIds('body', ids) }
  const properties = propertiesOf(schema)
  const lists = properties.filter((property) => ofType(property.schema, 'array') !== null)
  const list =
    lists.find(({ name }) => wrappers.includes(plain(name))) ??
    (lists.length === 1
      ? lists.find(({ schema: each }) => propertiesOf(ofType(each, 'array')?.['items']).length > 0)
      : undefined)
  const cursor = properties.find(
    (property) => cursors.includes(plain(property.name)) && ofType(property.schema, 'string') !== null,
  )
  if (list !== undefined)
    return {
      items: withIds(`body.${step(list.name)}`, ids),
      ...(cursor === undefined ? {} : { next: `body.${step(cursor.name)}` }),
    }
  const inner = properties.filter(({ schema: each }) => ofType(each, 'object') !== null)
  for (const { name, schema: each } of inner) {
    const { items } = wrappers.includes(plain(name)) ? itemsIn(each, ids) : {}
    if (items !== undefined) return { items: items.replace('body', `body.${step(name)}`) }
  }
  return {}
}
