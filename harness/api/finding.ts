import type { Exchange } from '../model.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/shape.ts'
import { readResult } from './answers.ts'
import type { Api } from './api.ts'
import type { Entry, Undo } from './journal.ts'
import { isUndoable, madeBy, naming, type Undoable, undoOf } from './making.ts'
import type { Input } from './request.ts'

/** What takes back what a call made, empty where it made nothing; or why nobody knows, and perhaps never will. */
type Found =
  | { readonly undos: readonly Undo[]; readonly by: string | null }
  | { readonly reason: string; readonly never?: true }
export type Find = (entry: Entry) => Promise<Found>

interface Look {
  readonly items: readonly unknown[]
  /** Why more may be there than was seen. */
  readonly limit: string | null
}

const mostPages = 20
/** Of a mark, in characters: an answer that repeats the question does not hold the whole. */
const searched = 10

/**
 * Finds what calls made whose answers nobody has, by the marks that it bears: in the lists of its kind, each of which is
 * read once, or by its name. `by` saw it; `null` where the call itself says what to take back.
 */
export function createFinder(api: Api): Find {
  const { profile } = api
  const lists = new Map<string, Promise<Look>>()

  const list = (
    operation: DeclaredOperation,
    as: string | null,
    search: string | undefined,
  ): Promise<Look> => {
    const key = JSON.stringify([operation, as, search])
    const look = lists.get(key) ?? readList(api, operation, as, search)
    lists.set(key, look)
    return look
  }

  const inLists = async (entry: Entry, made: Undoable, operation: DeclaredOperation): Promise<Found> => {
    const searches = api.has(operation, 'search') ? entry.marks.map((mark) => mark.slice(0, searched)) : []
    const limits: (string | null)[] = []
    // A search may look at less than the list shows.
    for (const by of callersOf(profile, operation, entry.principal))
      for (const search of [...new Set(searches), undefined]) {
        const { items, limit } = await list(operation, by, search)
        const seen = items.filter((item) => bearsMark(entry, JSON.stringify(item)))
        const undos = await Promise.all(seen.map((item) => undoOfItem(profile, entry, made, item)))
        if (seen.length > 0) return found(undos, by, `${operation} shows it without its id`)
        limits.push(limit === null && !knows(profile, by, entry.principal) ? `${by} does not see it` : limit)
      }
    return limits.includes(null) ? { undos: [], by: null } : { reason: limits[0] ?? '' }
  }

  // Some kinds are named by what they are called; of others this shows nothing.
  const byName = async (entry: Entry, made: Undoable, operation: DeclaredOperation): Promise<Found> => {
    const names = naming.map((name) => entry.input[name]).filter((name) => typeof name === 'string')
    for (const by of callersOf(profile, operation, entry.principal))
      for (const id of names) {
        const asked = await ask(api, operation, { ...entry.input, id }, by)
        if (typeof asked === 'string') return { reason: asked }
        const undo = bearsMark(entry, asked.response?.body)
          ? await undoOf(made, entry.input, { id, ...asked.result })
          : null
        if (undo !== null) return { undos: [undo], by }
      }
    return { reason: `there is no list of its kind, and no ${operation} by its name`, never: true }
  }

  return async (entry) => {
    const made = madeBy(profile, entry.operation)
    if (made === undefined || !isUndoable(made))
      return { reason: `the profile no longer says how to take back what ${entry.operation} makes` }
    if (entry.marks.length === 0) return { reason: 'nothing in it tells it from others', never: true }
    const direct = await undoOf(made, entry.input, {})
    if (direct !== null) return { undos: [direct], by: null }
    const { kind } = made
    const list = profile.operations[`${kind}.list`]?.name
    if (list !== undefined) return inLists(entry, made, list)
    const get = profile.operations[`${kind}.get`]?.name
    if (get !== undefined) return byName(entry, made, get)
    return { reason: `the profile has no ${kind}.list to look for it`, never: true }
  }
}

/**
 * Who may see and delete what `maker` made, in turn. The maker first: some targets say yes to anybody, and do it only for
 * whose object it is, and ids may be the maker's own. Then who makes that call by the profile: whoever attacks with
 * success may often not delete what he made, and nobody and a check's own token never may.
 */
export function callersOf(profile: Profile, operation: string, maker: string | null): (string | null)[] {
  const own = profile.operations[operation]?.as ?? null
  return maker !== null && maker !== own && maker in profile.principals ? [maker, own] : [own]
}

/** What somebody of the maker's own tenant does not find is not there; nobody's may be anywhere. */
export function knows({ principals }: Profile, by: string | null, maker: string | null): boolean {
  const tenant = principals[maker ?? '']?.tenant
  return tenant === undefined || principals[by ?? '']?.tenant === tenant
}

/** An answer that shows something, or that it is not there; else a sentence that says what came instead. */
async function ask(
  api: Api,
  operation: DeclaredOperation,
  input: Input,
  as: string | null,
): Promise<Exchange | string> {
  try {
    const exchange = await api.call(operation, input, as)
    const { answer } = exchange
    return answer === 'accepted' || answer === 'missing'
      ? exchange
      : `${operation} was answered ${api.said(exchange)}`
  } catch (error) {
    // A sign-in that is refused, say.
    return error instanceof Error ? error.message : String(error)
  }
}

async function readList(
  api: Api,
  operation: DeclaredOperation,
  as: string | null,
  search: string | undefined,
): Promise<Look> {
  const items: unknown[] = []
  const question = { search, ...(api.has(operation, 'limit') ? { limit: 100 } : {}) }
  let cursor: unknown
  for (let page = 0; page < mostPages; page++) {
    const asked = await ask(api, operation, { ...question, cursor }, as)
    if (typeof asked === 'string') return { items, limit: asked }
    const shown = asked.result?.['items']
    if (!Array.isArray(shown)) return { items, limit: `${operation} shows no items` }
    items.push(...shown)
    cursor = asked.result?.['next']
    if (typeof cursor !== 'string' || cursor === '' || !api.has(operation, 'cursor'))
      return { items, limit: null }
  }
  return { items, limit: `${operation} goes on after ${mostPages} pages` }
}

function bearsMark({ marks }: Entry, text: string | undefined): boolean {
  return marks.some((mark) => text?.includes(mark))
}

function found(undos: readonly (Undo | null)[], by: string | null, otherwise: string): Found {
  const known = undos.filter((undo) => undo !== null)
  return known.length > 0 ? { undos: known, by } : { reason: otherwise }
}

/** Items of lists mostly look as one object does by itself, or as the answer to its making. */
async function undoOfItem(
  { operations }: Profile,
  { input }: Entry,
  made: Undoable,
  item: unknown,
): Promise<Undo | null> {
  const seen = { status: 200, headers: {}, body: item }
  const get = operations[`${made.kind}.get`]
  const results = [get, made].map(async (operation) =>
    operation === undefined ? {} : readResult(operation, seen, input),
  )
  const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : item
  const named = typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {}
  return undoOf(made, input, Object.assign(named, ...(await Promise.all(results))))
}
