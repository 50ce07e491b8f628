import type { Api } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Exchange } from '../model.ts'
import { queryParameters, type SqlContext } from '../probes/boolean-twins.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { freshMark } from './sample-input.ts'

/** Of each kind: as many as an order of two columns hardly leaves alike; no digit in them, since conditions have some. */
const places = ['ash', 'elm', 'fig', 'ivy', 'oak', 'yew']

type List = 'message.list' | 'contact.list'

/** What was planted for a list to find. */
interface Planted {
  readonly ids: ReadonlySet<string>
  /** What is to be waited for before its status no longer changes by itself. */
  settled(): Promise<unknown>
}

/** `null` for a list that nothing is made for; what could not be planted costs no other list its verdict. */
type PlantedRows = Readonly<Record<List, Promise<Planted> | null>>

/**
 * A guard: messages with `mark` in their subject, and contacts by that name, where the target makes and lists them, so that lists
 * have something to find; and one of each without it, that only a condition finds.
 */
export async function plantRows(
  kit: Pick<Kit, 'api' | 'post' | 'verify'>,
  mark: string,
): Promise<PlantedRows> {
  const { api } = kit
  const messages = api.has('message.send') && api.has('message.list') ? plantMessages(kit, mark) : null
  const contacts = api.has('contact.create') && api.has('contact.list') ? plantContacts(kit, mark) : null
  await Promise.allSettled([messages, contacts])
  return { 'message.list': messages, 'contact.list': contacts }
}

async function plantMessages(
  { api, post, verify }: Pick<Kit, 'api' | 'post' | 'verify'>,
  mark: string,
): Promise<Planted> {
  const sent = await Promise.all([post.send(), ...places.map((n) => post.send({ subject: `${mark} ${n}` }))])
  for (const { exchange } of sent) verify.accepted(exchange)
  return {
    ids: idsOf(sent.map(({ exchange }) => exchange)),
    settled: async () => (seesMail(api.profile) ? sent[1]?.arrived() : null),
  }
}

async function plantContacts({ api, verify }: Pick<Kit, 'api' | 'verify'>, mark: string): Promise<Planted> {
  const made = await Promise.all(
    [`other-${freshMark()}`, ...places.map((n) => `${mark}${n}`)].map((name) =>
      api.call('contact.create', api.carried('contact.create', { email: `${name}@example.com`, name })),
    ),
  )
  for (const exchange of made) verify.accepted(exchange)
  return { ids: idsOf(made), settled: async () => null }
}

function idsOf(made: readonly Exchange[]): Set<string> {
  return new Set(made.flatMap(({ result }) => (result?.['id'] === undefined ? [] : [String(result['id'])])))
}

/** A parameter of a list that ends in a query, with a value by which it shows something. */
export interface QueriedParameter {
  readonly operation: List
  readonly parameter: 'search' | 'sort' | 'status'
  readonly contexts: readonly SqlContext[]
  readonly value: string
  /** A guard: the list shows what was planted, and by the value. */
  readonly ready: Promise<void>
  ask(value: string): Promise<Exchange>
  /** The ids that an answer shows, of what was planted alone where the list cannot be narrowed to it; `null` for no list. */
  rows(answer: Exchange): string[] | null
}

/** Those of the lists for which something was planted by `mark`. Not applicable where none takes a search, an order or a status. */
export async function queriedParameters(
  kit: Pick<Kit, 'api' | 'verify'>,
  mark: string,
  planted: PlantedRows,
): Promise<QueriedParameter[]> {
  const lists = (['message.list', 'contact.list'] as const).flatMap((operation) => {
    const own = planted[operation]
    return own === null ? [] : [{ operation, own }]
  })
  const parameters = await Promise.all(
    lists.map(({ operation, own }) => parametersOf(kit, operation, mark, own)),
  )
  kit.verify.applies(
    parameters.flat().length > 0,
    'profile declares no list, of what it makes, that takes a search, a sort or a status',
  )
  return parameters.flat()
}

async function parametersOf(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  operation: List,
  mark: string,
  planted: Promise<Planted>,
): Promise<QueriedParameter[]> {
  const ids: readonly string[] = await planted.then(
    (own) => [...own.ids],
    () => [],
  )
  const searches = api.has(operation, 'search')
  const narrow = searches ? { search: mark } : api.has(operation, 'limit') ? { limit: 100 } : {}
  const rows = (answer: Exchange) => {
    const all = rowIds(answer.result)
    return searches || ids.length === 0 ? all : (all?.filter((id) => ids.includes(id)) ?? null)
  }
  const ask = (parameter: QueriedParameter['parameter'], value: string) =>
    api.call(operation, { ...(parameter === 'search' ? {} : narrow), [parameter]: value })
  const count = async (asked: Promise<Exchange>) => rows(await asked)?.length ?? 0
  const shown = planted.then(async ({ settled }) => {
    // A list that never shows anything is the same for every condition.
    verify.held(
      (await count(api.call(operation, narrow))) >= 2,
      `${operation} does not show what was made to be found`,
      `see result.items of ${operation} in the profile, and that it shows the newest`,
    )
    await settled()
  })
  await Promise.allSettled([shown])
  const values = {
    search: mark,
    sort: operation === 'message.list' ? 'subject' : 'email',
    status: await statusFoundBy(api, ids[1], (status) => count(ask('status', status))),
  }
  const ready = async (parameter: QueriedParameter['parameter']) => {
    await shown
    const value = values[parameter]
    verify.held(
      parameter === 'sort' || (await count(ask(parameter, value))) > 0,
      `${operation} shows nothing for the ${parameter} ${value}: conditions would be all alike`,
    )
  }
  const taken = queryParameters.filter(({ parameter }) => api.has<DeclaredOperation>(operation, parameter))
  const parameters = taken.map(({ parameter, contexts }) => ({
    ...{ operation, parameter, contexts, rows, value: values[parameter], ready: ready(parameter) },
    ask: (value: string) => ask(parameter, value),
  }))
  await Promise.allSettled(parameters.map((each) => each.ready))
  return parameters
}

/**
 * The status of the message, such that a list asked for it shows something: it changes while the message leaves, so it is looked
 * at up to ten times. `delivered` where the target does not tell.
 */
export async function statusFoundBy(
  api: Pick<Api, 'call' | 'has'>,
  id: unknown,
  count: (status: string) => Promise<number>,
): Promise<string> {
  const tells = id !== undefined && api.has('message.get') && api.has('message.list', 'status')
  for (let look = 0; look < 10 && tells; look++) {
    const status = (await api.call('message.get', { id })).result?.['status']
    if (typeof status === 'string' && (await count(status)) > 0) return status
  }
  return 'delivered'
}

/** The ids of a list's rows in the order they came; `null` where the answer holds no list. */
export function rowIds(result: Exchange['result']): string[] | null {
  const items = result?.['items']
  if (!Array.isArray(items)) return null
  return items.map((item) => String((item as { id?: unknown } | null)?.id))
}
