/** Items found by several keys each, in order of arrival. */
export interface KeyIndex<Item> {
  add(item: Item, keys: Iterable<string>): void
  remove(item: Item, keys: Iterable<string>): void
  get(key: string): Iterable<Item>
}

export function createKeyIndex<Item>(): KeyIndex<Item> {
  const byKey = new Map<string, Set<Item>>()
  return {
    add(item, keys) {
      for (const key of keys) {
        const known = byKey.get(key)
        if (known) known.add(item)
        else byKey.set(key, new Set([item]))
      }
    },
    remove(item, keys) {
      for (const key of keys) {
        const known = byKey.get(key)
        known?.delete(item)
        if (known?.size === 0) byKey.delete(key)
      }
    },
    get: (key) => byKey.get(key) ?? [],
  }
}

/** `a.b.c` → `a.b.c`, `b.c`, `c`. */
export function domainAndParents(domain: string): string[] {
  const labels = domain.split('.')
  return labels.map((_, from) => labels.slice(from).join('.'))
}
