import type { Api } from '../api/api.ts'
import { type DocumentedOperation, readOpenApi } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { Operation } from '../profile/shape.ts'
import { unlessUnproven } from '../verdicts.ts'

/** What the target's own document says of the members of a call. */
export interface DocumentedMembers {
  /** Those that its body may have; `null` where that is not said. */
  readonly writable: ReadonlySet<string> | null
  /** The texts that a member of its answer may have, by name. */
  readonly choices: ReadonlyMap<string, readonly string[]>
}

const documents = new WeakMap<Api, Promise<readonly DocumentedOperation[]>>()

/** Nothing is said where the profile names no document, or one that cannot be had, or that has no such call. */
export async function documentedMembers(api: Api, operation: Operation): Promise<DocumentedMembers> {
  const called = (await documented(api)).find(
    ({ method, path }) => method === operation.method && isSamePath(path, pathOf(api, operation)),
  )
  const properties = schemasOf(called?.body).flatMap(propertiesOf)
  const writable = properties.filter(([, schema]) => !isObject(schema) || schema['readOnly'] !== true)
  const choices = schemasOf(called?.answers)
    .flatMap(propertiesOf)
    .flatMap(([name, schema]) => {
      const texts = isObject(schema) && Array.isArray(schema['enum']) ? schema['enum'] : []
      return [[name, texts.filter((text) => typeof text === 'string')] as const]
    })
  return {
    writable: properties.length === 0 ? null : new Set(writable.map(([name]) => name)),
    choices: new Map(choices),
  }
}

function documented(api: Api): Promise<readonly DocumentedOperation[]> {
  const known = documents.get(api)
  if (known !== undefined) return known
  const read =
    api.profile.openapi === undefined
      ? Promise.resolve([])
      : readOpenApi(api).then(
          ({ operations }) => operations,
          (error) => unlessUnproven(error) ?? [],
        )
  documents.set(api, read)
  return read
}

function pathOf({ profile }: Api, { path }: Operation): string {
  const { pathname } = new URL(profile.target.url)
  return `${pathname === '/' ? '' : pathname}${path}`
}

/** Whatever their parameters are called. */
function isSamePath(one: string, other: string): boolean {
  const plain = (path: string) => path.replace(/\?.*$/, '').replace(/\{[^{}]*\}/g, '{}')
  return plain(one) === plain(other)
}

function schemasOf(content: Readonly<Record<string, unknown>> | null | undefined): unknown[] {
  return Object.values(content ?? {}).flatMap((media) => (isObject(media) ? [media['schema']] : []))
}

/** Documents may refer to themselves without end. */
const deepest = 4

/** Those of what it wraps in a single member as well. */
function propertiesOf(schema: unknown, depth = 0): [name: string, schema: unknown][] {
  if (!isObject(schema) || depth > deepest) return []
  const own = isObject(schema['properties']) ? Object.entries(schema['properties']) : []
  const [only] = own
  const wrapped = own.length === 1 && only !== undefined ? propertiesOf(only[1], depth + 1) : []
  const others = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => {
    const list: unknown = schema[name]
    return Array.isArray(list) ? list.slice(0, 8) : []
  })
  return [...own, ...wrapped, ...others.flatMap((other) => propertiesOf(other, depth + 1))]
}
