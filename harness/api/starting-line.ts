/** Called by one of several when all but the last step is done; resolves when every one of them is there. */
export type Ready = () => Promise<void>

/**
 * Runs these at once, each of which calls `ready` and goes on when all of them have, or have ended before: what takes longer in
 * one than in another, such as a connection, is over by then.
 */
export function releasedTogether<T>(works: readonly ((ready: Ready) => Promise<T>)[]): Promise<T[]> {
  const line = Promise.withResolvers<void>()
  let missing = works.length
  const run = (work: (ready: Ready) => Promise<T>): Promise<T> => {
    let isThere = false
    const arrive = () => {
      if (!isThere && --missing === 0) line.resolve()
      isThere = true
    }
    const ready = () => {
      arrive()
      return line.promise
    }
    return work(ready).finally(arrive)
  }
  return Promise.all(works.map(run))
}
