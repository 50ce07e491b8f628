/** A terminal signals its whole group, and npm passes the signal on to who had it already: milliseconds. */
const oneAndTheSame = 500

/** Milliseconds. */
const leaving = 500

export interface Interrupt {
  readonly signal: AbortSignal
  /** Vitest leaves the process at the first signal, before anything is cleaned up: its listeners go. */
  claim(): void
  /** Everything is down. After an interrupt the process ends with 2, whatever a worker still waits for. */
  release(): void
}

/** Ctrl-C and SIGTERM as a signal to wind up; a second one ends the process. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  let since = 0
  const interrupted = () => {
    if (controller.signal.aborted) {
      if (performance.now() - since > oneAndTheSame) process.exit(2)
      return
    }
    since = performance.now()
    process.stderr.write(
      '\ninterrupted: cleaning up and writing a partial report; once more to leave at once\n',
    )
    controller.abort()
  }
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
  return {
    signal: controller.signal,
    claim() {
      for (const name of ['SIGINT', 'SIGTERM'] as const)
        process.removeAllListeners(name).on(name, interrupted)
    },
    release() {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      if (!controller.signal.aborted) return
      process.once('exit', () => {
        process.exitCode = 2
      })
      setTimeout(() => process.exit(), leaving).unref()
    },
  }
}
