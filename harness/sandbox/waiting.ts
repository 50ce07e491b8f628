import { NotSeen } from './not-seen.ts'

interface Waiter<Item> {
  readonly matches: (item: Item) => boolean
  readonly seen: Item[]
  readonly count: number
  readonly settle: (error?: Error) => void
}

export interface Wait<Item> {
  /** What is there already and matches. */
  readonly present: readonly Item[]
  readonly matches: (item: Item) => boolean
  readonly count: number
  /** Milliseconds. */
  readonly within: number
  /** Names what is awaited, for the error. */
  readonly what: string
}

export interface Waiting<Item> {
  /** Call once for every item that has come. */
  came(item: Item): void
  /** Resolves with all that matched as soon as there are `count`; throws {@link NotSeen} after `within`. */
  wait(options: Wait<Item>): Promise<Item[]>
  /** Ends every wait with an error. */
  close(): void
}

/** Node fires a longer one at once. */
const longestTimer = 2 ** 31 - 1

/** Waits for items by event; nothing polls. */
export function createWaiting<Item>(): Waiting<Item> {
  const waiters = new Set<Waiter<Item>>()
  let closed = false
  return {
    came(item) {
      for (const waiter of [...waiters]) {
        if (!waiter.matches(item)) continue
        waiter.seen.push(item)
        if (waiter.seen.length >= waiter.count) waiter.settle()
      }
    },
    wait({ present, matches, count, within, what }) {
      const seen = [...present]
      if (seen.length >= count) return Promise.resolve(seen)
      if (closed) return Promise.reject(new Error(`The sandbox was closed while ${what} was awaited.`))
      return new Promise((resolve, reject) => {
        const settle = (error?: Error) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          if (error) reject(error)
          else resolve(seen)
        }
        const waiter = { matches, seen, count, settle }
        const timer = setTimeout(
          () => settle(notSeen(what, count, seen.length, within)),
          Math.min(within, longestTimer),
        )
        waiters.add(waiter)
      })
    },
    close() {
      closed = true
      for (const waiter of [...waiters]) waiter.settle(new Error('The sandbox was closed during a wait.'))
    },
  }
}

function notSeen(what: string, count: number, seen: number, within: number): NotSeen {
  return new NotSeen(
    `Expected ${count} of ${what} within ${within} ms, saw ${seen}. ` +
      'If the target is slower than that, raise the wait that its profile promises.',
  )
}
