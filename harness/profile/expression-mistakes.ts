import { ExpressionFailed } from './expressions.ts'
import type { Mistake } from './schema.ts'
import type { Path } from './unknown-name.ts'

/** That what stands at this place is no JSONata; throws what was thrown for any other reason. */
export function notJsonata(path: Path, error: unknown): Mistake {
  if (!(error instanceof ExpressionFailed)) throw error
  return {
    path,
    key: false,
    expected: 'a JSONata expression',
    seen: error.message,
    remedy: 'correct it; https://try.jsonata.org shows what it gives',
  }
}
