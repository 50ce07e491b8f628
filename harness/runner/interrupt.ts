/** Ctrl-C and SIGTERM as a signal to wind up; a second one ends the process. */
export function onInterrupt(): { readonly signal: AbortSignal; claim(): void; ignore(): void } {
  const controller = new AbortController()
  const first = () => {
    if (controller.signal.aborted) process.exit(2)
    process.stderr.write(
      '\ninterrupted: cleaning up and writing a partial report; once more to leave at once\n',
    )
    controller.abort()
  }
  process.on('SIGINT', first).on('SIGTERM', first)
  return {
    signal: controller.signal,
    /** Vitest leaves the process at the first signal, before anything is cleaned up: its listeners go. */
    claim() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(name).on(name, first)
    },
    ignore() {
      process.off('SIGINT', first).off('SIGTERM', first)
    },
  }
}
