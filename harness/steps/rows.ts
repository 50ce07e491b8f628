import type { Api } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Exchange } from '../model.ts'
import { queryParameters, type SqlContext } from '../probes/boolean-twins.ts'
import { freshMark } from './sample-input.ts'

/** Of each kind: as many as an order of two columns hardly leaves alike; no digit in them, since conditions have some. */
const places = ['ash', 'elm', 'fig', 'ivy', 'oak', 'yew']

/**
 * A guard: messages with `mark` in their subject, and contacts by that name where the target keeps contacts, so that lists
 * have something to find; and one of each without it, that only a condition finds. The messages with it.
 */
export async function plantRows(
  { api, post, verify }: Pick<Kit, 'api' | 'post' | 'verify'>,
  mark: string,
): Promise<Sent[]> {
  const [other, ...messages] = await Promise.all([
    post.send(),
    ...places.map((n) => post.send({ subject: `${mark} ${n}` })),
  ])
  for (const { exchange } of [other, ...messages]) verify.accepted(exchange)
  if (api.has('contact.create'))
    await Promise.all(
      [`other-${freshMark()}`, ...places.map((n) => `${mark}${n}`)].map((name) =>
        api.call('contact.create', api.carried('contact.create', { email: `${name}@example.com`, name })),
      ),
    )
  return messages
}

/** A parameter of a list that ends in a query, with a value by which it shows something. */
export interface QueriedParameter {
  readonly operation: 'message.list' | 'contact.list'
  readonly parameter: 'search' | 'sort' | 'status'
  readonly contexts: readonly SqlContext[]
  readonly value: string
}

/** Those of the lists that can be searched; a guard that each shows what was planted by `mark`. Not applicable without any. */
export async function queriedParameters(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  mark: string,
  [planted]: readonly Sent[],
): Promise<QueriedParameter[]> {
  const lists = (['message.list', 'contact.list'] as const).filter(
    (operation) =>
      api.has(operation, 'search') && (operation === 'message.list' || api.has('contact.create')),
  )
  verify.applies(lists.length > 0, 'no list of the profile takes a search')
  const find = async (operation: QueriedParameter['operation'], input: Readonly<Record<string, unknown>>) =>
    rowIds((await api.call(operation, { search: mark, ...input })).result) ?? []
  // A list that never shows anything is the same for every condition.
  for (const operation of lists)
    verify.held(
      (await find(operation, {})).length >= 2,
      `${operation} does not show what was made to be found`,
      `see result.items of ${operation} in the profile, and that it can be searched`,
    )
  await planted?.arrived()
  const columns = { 'message.list': 'subject', 'contact.list': 'email' }
  const values = {
    search: mark,
    status: await statusFoundBy(api, mark, planted?.exchange.result?.['id']),
  }
  const parameters = lists.flatMap((operation) =>
    queryParameters
      .filter(({ parameter }) => api.has(operation, parameter))
      .map((query) => ({
        ...{ operation, ...query },
        value: query.parameter === 'sort' ? columns[operation] : values[query.parameter],
      })),
  )
  for (const { operation, parameter, value } of parameters)
    verify.held(
      (await find(operation, { [parameter]: value })).length > 0 || parameter === 'sort',
      `${operation} shows nothing for the ${parameter} ${value}: conditions would be all alike`,
    )
  return parameters
}

/**
 * The status of the message, such that a list asked for it and `mark` shows something: it changes while the message
 * leaves, so it is looked at up to ten times. `delivered` where the target does not tell.
 */
export async function statusFoundBy(api: Api, mark: string, id: unknown): Promise<string> {
  for (let look = 0; look < 10 && api.has('message.get') && api.has('message.list', 'status'); look++) {
    const status = (await api.call('message.get', { id })).result?.['status']
    const { result } = await api.call('message.list', { search: mark, status })
    if (typeof status === 'string' && (rowIds(result)?.length ?? 0) > 0) return status
  }
  return 'delivered'
}

/** The ids of a list's rows in the order they came; `null` where the answer holds no list. */
export function rowIds(result: Exchange['result']): string[] | null {
  const items = result?.['items']
  if (!Array.isArray(items)) return null
  return items.map((item) => String((item as { id?: unknown } | null)?.id))
}
