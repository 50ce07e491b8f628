/** Ctrl-C and SIGTERM as a signal to wind up; a second one ends the process. */
export function onInterrupt(): { readonly signal: AbortSignal; ignore(): void } {
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
    ignore() {
      process.off('SIGINT', first).off('SIGTERM', first)
    },
  }
}
