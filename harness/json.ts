export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Levels: what is deeper was made to exhaust its reader. */
const deepest = 200

/**
 * `undefined` where it is no JSON, or nests deeper than anything that is meant to be read. A byte order mark before it is nothing
 * of it (RFC 8259 §8.1).
 */
export function readJson(text: string): unknown {
  try {
    return nestsTooDeep(text) ? undefined : JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

/** Brackets within strings count as well: none of two hundred that never close is meant to be read. */
function nestsTooDeep(text: string): boolean {
  let depth = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    if (depth > deepest) return true
  }
  return false
}
