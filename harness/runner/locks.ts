import type { About } from '../model.ts'

type Demands = Pick<About, 'exclusive'> & Partial<Pick<About, 'reach'>>

/**
 * Lets checks in: many at once, and an exclusive one only when all that were announced before it have ended, so that
 * a run ends with its exclusive checks; last those that leave something exhausted behind.
 */
export function createLocks() {
  let inside = 0
  let alone = false
  const waiting: { check: Demands; enter: () => void }[] = []

  const mayEnter = ({ exclusive }: Demands) =>
    !alone && (!exclusive || (inside === 0 && waiting.every(({ check }) => check.exclusive)))

  const admit = () => {
    const hurting = ({ check }: (typeof waiting)[number]) => Number(check.reach === 'disruptive')
    for (const next of waiting.toSorted((a, b) => hurting(a) - hurting(b))) {
      if (!mayEnter(next.check)) continue
      waiting.splice(waiting.indexOf(next), 1)
      inside++
      alone = next.check.exclusive === true
      next.enter()
    }
  }

  return {
    /** Resolves with the function that leaves. */
    async enter(check: Demands): Promise<() => void> {
      await new Promise<void>((enter) => {
        waiting.push({ check, enter })
        // Not at once: checks that start in the same turn are all announced before the first is admitted.
        setImmediate(admit)
      })
      let left = false
      return () => {
        if (left) return
        left = true
        inside--
        alone = false
        admit()
      }
    },
  }
}
