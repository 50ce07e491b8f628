import { type Ready, releasedTogether } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'

/** Makes the same call so many times, all of them sent at once, each on a connection of its own. */
export function sameAtOnce<T>(
  { reach }: Pick<Kit, 'reach'>,
  count: number,
  call: (ready: Ready) => Promise<T>,
): Promise<T[]> {
  return reach.together(count, () => releasedTogether(Array.from({ length: count }, () => call)))
}
