import { nearest } from './nearest.ts'
import type { Mistake } from './schema.ts'

export type Path = readonly (string | number)[]

/** A name that nothing bears: with the names that there are, and the nearest of them. */
export function unknown(
  path: Path,
  word: string,
  known: readonly string[],
  what: string,
  key = false,
): Mistake {
  const near = nearest(word, known)
  return {
    path,
    key,
    expected: `${what}: ${known.length === 0 ? 'there are none' : `one of ${known.join(', ')}`}`,
    seen: JSON.stringify(word),
    remedy: near === null ? 'use one of them' : `did you mean ${near}?`,
  }
}
