import { randomUUID } from 'node:crypto'
import type { Makings } from './operations/resource.ts'

/** What stands for `${mark}`, `${address}` and `${uuid}` in the example of an operation: fresh for each call. */
export type Fresh = Pick<Makings, 'mark' | 'address'> & { readonly uuid: string }
export const freshNames: readonly (keyof Fresh)[] = ['mark', 'address', 'uuid']

export type Example = Readonly<Record<string, unknown>>

// Those with a colon are references, which were filled in before.
const place = /\$\{([^{}:]*)\}/g

/** The names in all texts of a value, each as it stands there. */
export function freshIn(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(place)].map(([, name]) => name ?? '')
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(freshIn) : []
}

/** The input that an example stands for. */
export function filledExample(example: Example, fresh: Fresh): Record<string, unknown> {
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, filled(value, fresh)]))
}

function filled(value: unknown, fresh: Fresh): unknown {
  if (typeof value === 'string')
    return value.replace(place, (whole, name: string) => fresh[name as keyof Fresh] ?? whole)
  if (Array.isArray(value)) return value.map((item) => filled(item, fresh))
  return value !== null && typeof value === 'object' ? filledExample(value as Example, fresh) : value
}

/** The input as well with an idempotency key of its own, where the example has one: then no call is good without. */
export function withOwnKey<Given extends Example>(example: Example, input: Given): Given {
  const { idempotencyKey } = example
  if (idempotencyKey === undefined || input['idempotencyKey'] !== undefined) return input
  const uuid = randomUUID()
  const fresh = { uuid, mark: uuid.replaceAll('-', ''), address: '' }
  return { ...input, ...filledExample({ idempotencyKey }, fresh) }
}
