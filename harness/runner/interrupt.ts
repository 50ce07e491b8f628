import { parentOf } from '../drivers/owner.ts'
import { listenAlone } from './alone.ts'

/** A terminal signals its whole group, and npm passes the signal on to who had it already: milliseconds. */
const oneAndTheSame = 500

/** Milliseconds. */
const leaving = 500

export interface Interrupt {
  /** Its reason says in a sentence why the run ends before its time. */
  readonly signal: AbortSignal
  /** The run itself ends before its time. */
  end(why: string): void
  /** Everything is down. After an interrupt the process ends with 2, whatever a worker still waits for. */
  release(): void
}

/**
 * Ctrl-C, SIGTERM and the end of the terminal as a signal to wind up, which is told as `what`; a second one ends the process. `code`: with
 * which it ends then.
 */
export function onInterrupt(what = 'cleaning up and writing a partial report', code: 0 | 2 = 2): Interrupt {
  const controller = new AbortController()
  let since = 0
  const interrupted = (signal?: unknown) => {
    if (controller.signal.aborted) {
      // A terminal that is gone has nobody who could not wait.
      if (signal !== 'SIGHUP' && performance.now() - since > oneAndTheSame) process.exit(2)
      return
    }
    process.stderr.write(`\ninterrupted: ${what}; once more to leave at once\n`)
    end('the run was interrupted')
  }
  const end = (why: string) => {
    since = performance.now()
    controller.abort(why)
  }
  const deafen = listenAlone(['SIGINT', 'SIGTERM', 'SIGHUP'], interrupted)
  const orphaned = onOrphaned(() => interrupted())
  return {
    signal: controller.signal,
    end,
    release() {
      clearInterval(orphaned)
      deafen()
      if (!controller.signal.aborted) return
      process.once('exit', () => {
        process.exitCode = code
      })
      setTimeout(() => process.exit(), leaving).unref()
    },
  }
}

/** npm passes SIGTERM on to its shell, which dies of it and leaves us behind. Of SIGHUP it dies itself, and leaves both. */
function onOrphaned(then: () => void): NodeJS.Timeout | undefined {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined
  const parents = () => `${process.ppid} ${parentOf(process.ppid)}`
  const before = parents()
  const watch = setInterval(() => {
    if (parents() === before) return
    clearInterval(watch)
    then()
  }, 250)
  return watch.unref()
}
