type Listener = (value: unknown) => void

/**
 * Listens to events of the process and lets nobody else: Vitest leaves the process at the first signal and at the
 * first stray error, before anything is cleaned up or reported. Returns what ends it.
 */
export function listenAlone(events: readonly string[], listener: Listener): () => void {
  const keepAlone = (event: string | symbol, other: Listener) => {
    if (events.includes(String(event)) && other !== listener) queueMicrotask(() => process.off(event, other))
  }
  for (const event of events) process.on(event, listener)
  process.on('newListener', keepAlone)
  return () => {
    process.off('newListener', keepAlone)
    for (const event of events) process.off(event, listener)
  }
}
