import { once } from './once.ts'

/** A guard that several variants rest on, which is asked once: after the last try it proves as much for all that went before it. */
export interface GuardForAll<Shown> {
  /** What a variant tries, beside the others; to be called before the variant waits for anything. */
  atOnce<T>(attempt: () => Promise<T>): Promise<T>
  /** The same, when what was begun before it has ended. */
  inTurn<T>(attempt: () => Promise<T>): Promise<T>
  /** The guard, once all tries that were begun have ended, and what it has shown; what it throws, it throws to all. */
  holds(): Promise<Shown>
}

/** For variants that are begun at once. */
export function guardForAll<Shown>(guard: () => Promise<Shown>): GuardForAll<Shown> {
  let last: Promise<unknown> = Promise.resolve()
  const begun = <T>(mine: Promise<T>) => {
    last = Promise.allSettled([last, mine])
    return mine
  }
  return {
    atOnce: (attempt) => begun(attempt()),
    inTurn: (attempt) => begun(last.then(attempt)),
    // Those that are begun at once with who asks first try before it too.
    holds: once(() =>
      Promise.resolve()
        .then(() => last)
        .then(guard),
    ),
  }
}
