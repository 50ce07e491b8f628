import type { Announced, Runner } from '../check/admission.ts'

/**
 * Lets checks in, of all runners: so many at once, in the order in which they were announced, but first those that wait for clocks,
 * those that show bad credentials when the rest of their target's have ended, since it may turn every caller away for them, and
 * exclusive ones when all others have ended, one a target and few of them, last those that leave something exhausted behind.
 */
export interface Admission {
  /** Whose checks will come: until each has announced them, or is gone, exclusive ones wait. */
  expect(runners: readonly Runner[]): void
  announce(checks: readonly Announced[]): void
  /** Resolves when the check may begin; rejects once admission is closed. */
  enter(ticket: string): Promise<void>
  /** Resolves when no other check runs; none begins before this one has left. */
  alone(ticket: string): Promise<void>
  leave(ticket: string): void
  /** The runner has ended, and its checks with it. */
  gone(runner: Runner): void
  /** Nobody is let in any more. */
  close(): void
}

/** What exclusive checks do is mostly to wait, for a window to pass; what they measure, they measure against itself. */
const exclusiveAtOnce = 3

interface Ask extends Announced {
  state: 'waiting' | 'inside'
  /** Nothing else runs, against whatever target. */
  readonly alone: boolean
  enter: PromiseWithResolvers<void>
}

export function createAdmission(atOnce: number): Admission {
  const asks = new Map<string, Ask>()
  let expected = new Set<Runner>()
  let closed = false

  const inside = () => [...asks.values()].filter(({ state }) => state === 'inside')
  const mayEnter = ({ exclusive, showsBadCredentials, alone, instance }: Ask) => {
    const within = inside()
    if (within.length >= atOnce || within.some((other) => other.alone)) return false
    // It has begun: nobody's turn comes before it has ended.
    if (exclusive && alone) return within.length === 0
    const all = [...asks.values()]
    const isEarly = (other: Ask) =>
      !other.exclusive && !other.showsBadCredentials && other.instance === instance
    if (!exclusive && showsBadCredentials && (expected.size > 0 || all.some(isEarly))) return false
    if (!exclusive && !alone)
      return all.every((other) => !other.exclusive || (other.state === 'waiting' && !other.alone))
    if (expected.size > 0 || all.some((other) => !other.exclusive && !other.alone)) return false
    if (alone) return within.length === 0
    const taken = all.filter((other) => other.state === 'inside' || other.alone)
    return within.length < exclusiveAtOnce && taken.every((other) => other.instance !== instance)
  }
  const admit = () => {
    const waiting = [...asks.values()].filter(({ state }) => state === 'waiting')
    for (const next of waiting.toSorted(
      (a, b) => leavesBehind(a) - leavesBehind(b) || Number(b.awaitsClocks) - Number(a.awaitsClocks),
    )) {
      if (!mayEnter(next)) continue
      next.state = 'inside'
      next.enter.resolve()
    }
  }
  const ask = (check: Announced, alone = false): Ask => {
    const made: Ask = { ...check, alone, state: 'waiting', enter: Promise.withResolvers<void>() }
    made.enter.promise.catch(() => {})
    asks.set(check.ticket, made)
    if (closed) made.enter.reject(interrupted())
    return made
  }
  const find = (ticket: string): Ask => {
    const found = asks.get(ticket)
    if (found === undefined) throw new Error('expected a check to be announced before it enters')
    return found
  }

  return {
    expect(runners) {
      expected = new Set(runners)
    },
    announce(checks) {
      for (const check of checks) {
        expected.delete(check.runner)
        ask(check)
      }
      admit()
    },
    enter: async (ticket) => find(ticket).enter.promise,
    async alone(ticket) {
      const { enter } = ask(find(ticket), true)
      admit()
      await enter.promise
    },
    leave(ticket) {
      asks.delete(ticket)
      admit()
    },
    gone(runner) {
      expected.delete(runner)
      for (const { ticket } of [...asks.values()].filter((other) => other.runner === runner))
        asks.delete(ticket)
      admit()
    },
    close() {
      closed = true
      for (const { enter } of asks.values()) enter.reject(interrupted())
    },
  }
}

/** What a check leaves exhausted when it has ended: least, and most where nobody from here is let in for a while. */
function leavesBehind({ disruptive, showsBadCredentials }: Announced): number {
  return 2 * Number(disruptive) + Number(showsBadCredentials)
}

function interrupted(): Error {
  return new Error('the run was interrupted')
}
