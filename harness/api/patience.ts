import { setTimeout as after } from 'node:timers/promises'
import type { Exchange } from '../model.ts'
import { retryAfter } from './retry-after.ts'

/** Asks, and again when the target says, where that is within `most` seconds. */
export type Patience = (most: number, ask: () => Promise<Exchange>) => Promise<Exchange>

/** Of one call. */
const mostFruitless = 2
const mostWaits = 20

/**
 * Of many who meet a limit together some get through each time, and the others wait on; where nobody of the same caller does, waiting
 * is of no use, and what was answered last is the answer. One for all who share a target.
 */
export function createPatience(): Patience {
  const through = new Map<string, number>()
  const countOf = (principal: string) => through.get(principal) ?? 0
  return async (most, ask) => {
    let fruitless = 0
    for (let waits = 0; ; waits++) {
      const before = new Map(through)
      const exchange = await ask()
      const { principal, answer, response } = exchange
      const pause = retryAfter(exchange)
      if (pause === null && answer !== 'limited' && response !== null)
        through.set(principal, countOf(principal) + 1)
      if (pause === null || pause > most || fruitless >= mostFruitless || waits >= mostWaits) return exchange
      await after(pause * 1000)
      fruitless = countOf(principal) > (before.get(principal) ?? 0) ? 0 : fruitless + 1
    }
  }
}
