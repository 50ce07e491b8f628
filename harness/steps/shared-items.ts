import { isObject } from '../json.ts'
import type { Exchange } from '../model.ts'
import { valuesByPath } from '../probes/disclosure.ts'

/** The same question to a list, three times in a row: by its owner, by somebody of another tenant, and by its owner again. */
export interface Readings {
  readonly before: Exchange
  readonly others: Exchange
  readonly after: Exchange
}

/** The smallest page that is usual. */
const smallestPage = 10

/**
 * The ids of items that another tenant is shown as well, of a list that is kept apart by tenants: something may be of two of
 * them, as a person may. `null` where nothing shows that it is kept apart: one that is the same for everybody shows all of what
 * its owner sees before and after. So does a page of a longer list, whatever it lacks. An item that names the owner's
 * tenant and not the other one is of the owner alone.
 */
export function sharedItems(
  { before, others, after }: Readings,
  page: { readonly limit: number | null; readonly cursor: boolean },
  [own, other]: readonly [own: string | undefined, other: string | undefined],
): string[] | null {
  const [first, theirs, last] = [before, others, after].map(byId)
  if (first === undefined || theirs === undefined || last === undefined) return null
  const steady = [...first.keys()].filter((id) => last.has(id))
  const next = others.result?.['next'] ?? ''
  const full = page.cursor ? next !== '' : theirs.size >= (page.limit ?? smallestPage)
  if (full || steady.every((id) => theirs.has(id))) return null
  const shared = [...theirs].filter(([id]) => first.has(id) || last.has(id))
  const ownersAlone = shared.some(([, item]) => own !== undefined && names(item, own) && !names(item, other))
  return ownersAlone ? null : shared.map(([id]) => id)
}

/**
 * Of these texts of an answer that is no list, those that it holds for everybody, such as the name of a server or a public key: they
 * stand in the same places of both tenants’ answers, and others of the owner's stand in the owner's alone. Empty where all of them
 * are in both: then nothing shows that the answer is kept apart by tenants.
 */
export function sharedTexts({ before, others, after }: Readings, texts: readonly string[]): string[] {
  const [first, theirs, last] = [before, others, after].map(({ response }) =>
    valuesByPath(response?.body ?? ''),
  )
  if (!first || !theirs || !last) return []
  const isIn = (values: ReadonlyMap<string, string>, text: string) =>
    [...values.values()].some((value) => value.includes(text))
  if (texts.every((text) => isIn(theirs, text))) return []
  const places = (values: ReadonlyMap<string, string>, text: string) =>
    [...values].filter(([, value]) => value.includes(text)).map(([path]) => path)
  return texts.filter((text) => {
    const [own, others, later] = [first, theirs, last].map((values) => places(values, text))
    const isAlike = [own, later].every((each) => String(each) === String(others))
    const isOfOne =
      others?.some((path) => ofOne.test(path) && !/public/i.test(path)) || looksSecret.test(text)
    return isAlike && isIn(theirs, text) && !isOfOne
  })
}

/** What is called so is of one tenant by its kind, wherever it stands. */
const ofOne = /(?:id|key|secret|signing|token|password)$/i
/** As providers begin their keys. */
const looksSecret = /^(?:sk|rk|re|key|api|secret|token|whsec|xkeysib|SG)[-_.]/

/** The items of a list; of an answer as of an item of it, what bears no id is left out. */
export function itemsOf({ result }: Pick<Exchange, 'result'>): readonly unknown[] {
  const items = result?.['items']
  return Array.isArray(items) ? items : []
}

/** Of an item of a list: its own, or the item itself. */
export function idOf(item: unknown): string | null {
  return asText(isObject(item) ? item['id'] : item)
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function byId(reading: Exchange): Map<string, unknown> {
  return new Map(
    itemsOf(reading).flatMap((item): [string, unknown][] => {
      const id = idOf(item)
      return id === null ? [] : [[id, item]]
    }),
  )
}

/** One of its values, however deep, is this text. */
function names(item: unknown, text: string | undefined): boolean {
  if (typeof item !== 'object' || item === null) return item === text
  return Object.values(item).some((value) => names(value, text))
}
