import type { As } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { itemsOf } from './shared-items.ts'

/** Of a hundred each: more than a check has to look through. */
const mostPages = 20

/** What a list shows, page by page, as far as it tells of further ones, or until it is enough; `last` is the call for the last of them. */
export async function everyItem(
  api: Kit['api'],
  list: 'key.list' | 'message.list' | 'audit.list' | 'suppression.list',
  as?: As,
  isEnough: (items: readonly unknown[]) => boolean = () => false,
): Promise<{ readonly items: readonly unknown[]; readonly last: Exchange }> {
  const items: unknown[] = []
  let cursor: unknown
  for (let page = 1; ; page++) {
    const asked = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    const last = await api.call(list, api.carried(list, asked), as)
    items.push(...itemsOf(last))
    cursor = last.result?.['next']
    if (typeof cursor !== 'string' || cursor === '' || page === mostPages || isEnough(items))
      return { items, last }
  }
}
