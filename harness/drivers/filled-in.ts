import { ProfileError } from '../profile/errors.ts'
import { substitute, UnresolvedReference } from '../profile/secrets.ts'
import type { ProfileDocument } from '../profile/shape.ts'
import { asWritten } from '../profile/submission-alone.ts'

/** By the keys of references; of what the user set, also to the empty text. */
export type Values = Readonly<Record<string, string | undefined>>

/**
 * The value at a path of the profile, with its references filled in, in lists and maps as well. An empty variable is handed on
 * unless it is `needed`. Throws ProfileError, which names the place, where there is nothing to fill in.
 */
export function filledIn<Value>(
  document: ProfileDocument,
  path: readonly (string | number)[],
  value: Value,
  values: Values,
  needed?: 'needed',
): Value {
  const walk = (here: unknown, at: readonly (string | number)[]): unknown => {
    if (Array.isArray(here)) return here.map((item, i) => walk(item, [...at, i]))
    if (here !== null && typeof here === 'object')
      return Object.fromEntries(
        Object.entries(here).map(([name, inner]) => [name, walk(inner, [...at, name])]),
      )
    if (typeof here !== 'string') return here
    try {
      return substitute(here, values, { empty: needed === undefined })
    } catch (error) {
      if (!(error instanceof UnresolvedReference)) throw error
      const { expected, seen, remedy } = error
      const problem = {
        ...document.locate(at),
        path: asWritten(document.data, at).join('.'),
        expected,
        seen,
        remedy,
      }
      throw new ProfileError(document.file, [problem])
    }
  }
  return walk(value, path) as Value
}
