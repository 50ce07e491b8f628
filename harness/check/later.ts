import type { Exchange } from '../model.ts'

/** Milliseconds ahead of now: far enough to be a time in the future. */
const ahead = 2000
/** Milliseconds: for what is further away nobody waits. */
const furthest = 20_000

/**
 * Has a message sent at a time in the near future (RFC 3339, UTC). Where it waited for its turn, or the target's clock is ahead of ours,
 * that time may have come before it did, and most refuse that: then it is sent again, at a later one.
 */
export async function sendLater<Sent extends { readonly exchange: Exchange }>(
  send: (at: string) => Promise<Sent>,
): Promise<Sent> {
  let wait = ahead
  for (let times = 1; ; times++) {
    const began = Date.now()
    const sent = await send(new Date(began + wait).toISOString())
    const needed = arrivedAt(sent.exchange) - began
    const { answer } = sent.exchange
    const wasLate = needed >= wait && (answer === 'invalid' || answer === 'refused')
    if (!wasLate || times === 3 || needed > furthest) return sent
    wait = Math.min(furthest, 2 * needed + ahead)
  }
}

/** By the clock that is ahead, ours or that of the answer (RFC 9110 §6.6.1), which tells no more than seconds. */
function arrivedAt({ startedAt, response }: Exchange): number {
  const date = response?.headers.find(([name]) => name === 'date')?.[1] ?? ''
  const there = Date.parse(date)
  return Math.max(startedAt, Number.isNaN(there) ? 0 : there + 999)
}
