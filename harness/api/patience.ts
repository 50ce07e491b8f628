import { setTimeout as after } from 'node:timers/promises'
import type { Exchange } from '../model.ts'
import { retryAfter } from './retry-after.ts'

/** Asks, and again when the target says, where that is within `most` seconds. */
export type Patience = (most: number, ask: () => Promise<Exchange>) => Promise<Exchange>

/** Of one call: in which nobody got through of its caller or of who had waited, in which none was its caller with this call, and all. */
const [mostFruitless, mostBeside, mostWaits] = [2, 8, 20]

/**
 * Of many who meet a limit together some get through each time, and the others wait on; where nobody of the same caller does, nor
 * another who had to wait, waiting is of no use, and little where others do, as that call may have a limit of its own: what was answered
 * last is the answer then. One for all who share a target.
 */
export function createPatience(): Patience {
  /** When somebody got through last, in calls that did. */
  const through = new Map<string, number>()
  let [count, afterWaiting] = [0, 0]
  return async (most, ask) => {
    let [fruitless, beside] = [0, 0]
    for (let waits = 0; ; waits++) {
      const before = count
      const exchange = await ask()
      const { principal, operation, answer, response } = exchange
      const names = [principal, `${principal} ${operation}`]
      const pause = retryAfter(exchange)
      if (pause === null && answer !== 'limited' && response !== null) {
        count++
        for (const name of names) through.set(name, count)
        if (waits > 0) afterWaiting = count
      }
      if (pause === null || pause > most || waits >= mostWaits) return exchange
      if (fruitless >= mostFruitless || beside >= mostBeside) return exchange
      await after(pause * 1000)
      const [byOthers, bySame] = names.map((name) => (through.get(name) ?? 0) > before)
      fruitless = byOthers || afterWaiting > before ? 0 : fruitless + 1
      beside = bySame ? 0 : beside + 1
    }
  }
}
