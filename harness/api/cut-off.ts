import type { Exchange } from '../model.ts'
import { unlessUnproven } from '../verdicts.ts'
import { closedOrReset } from './client.ts'

/** A connection that breaks by chance does so once. */
const tries = 3

/** Of a submission service: it hung up. */
export const hungUp = 'the connection was closed'

/** What is said where the other side closed or reset a connection. */
const cuts: ReadonlySet<unknown> = new Set([...closedOrReset, hungUp])

/**
 * What the target cuts off may have met a hiccup, or be its way to say no: some firewalls reset what they take for an attack, and
 * workers die of it. So it is asked again, each time after `open` has shown that what is benign comes through; where it is cut off
 * every time, that is its answer, which is marked so.
 */
export async function unlessCutOff(
  ask: () => Promise<Exchange>,
  open: () => Promise<void>,
): Promise<Exchange> {
  for (let tried = 1; ; tried++) {
    const exchange = await ask()
    if (exchange.response !== null || exchange.unsent === true || !cuts.has(exchange.failure)) return exchange
    if ((await open().catch(unlessUnproven)) === null) return exchange
    const failure = `${exchange.failure} at each of ${tries} tries, while a benign message came through`
    if (tried === tries) return { ...exchange, failure, cutOff: true }
  }
}
