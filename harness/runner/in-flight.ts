import type { Take } from '../api/budget.ts'

/** The mail of a run that is on its way, for all who send. */
export interface InFlight {
  readonly take: Take
  /** So many copies arrived, or will never: the longest on their way, since nobody knows which a target sends first. */
  landed(count: number): void
}

/**
 * Bounds how many copies are on their way at once: who takes more waits until earlier ones have landed, or had their promised
 * time, `within` in seconds. What is more than the bound by itself goes alone. Waits in the order of asking.
 */
export function createInFlight(
  take: Take,
  { most, within }: { readonly most: number; readonly within: number },
): InFlight {
  let flying: { count: number; readonly until: number }[] = []
  let last = Promise.resolve()
  let changed = () => {}

  const inTheAir = () => {
    const now = performance.now()
    flying = flying.filter(({ count, until }) => count > 0 && until > now)
    return flying.reduce((sum, { count }) => sum + count, 0)
  }
  const nextChange = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, Math.max(1, (flying[0]?.until ?? 0) - performance.now())).unref()
    changed = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }
  const takeOff = async (count: number) => {
    for (let before = inTheAir(); before > 0 && before + count > most; before = inTheAir()) await nextChange()
    flying.push({ count, until: performance.now() + within * 1000 })
  }

  return {
    async take(kind, count) {
      await take(kind, count)
      if (kind !== 'mail') return
      last = last.then(() => takeOff(count))
      await last
    },
    landed(count) {
      let left = count
      for (const each of flying) {
        const down = Math.min(left, each.count)
        each.count -= down
        left -= down
      }
      changed()
    },
  }
}
