import { setTimeout as after } from 'node:timers/promises'
import type { Budget } from '../profile/shape.ts'
import { ReachError } from './reach.ts'

export type Take = (kind: 'request' | 'mail', count: number) => Promise<void>

const defaults = { requests: 100_000, mails: 50_000 }

/**
 * Counts what a run does to its target; one for the whole run, whatever process asks. `perSecond` makes callers wait
 * their turn, and who takes several at once until the turn of the last of them: then all may be sent together, and on the
 * whole no more is sent. What is used up throws ReachError.
 */
export function createBudget(budget: Budget = {}): Take {
  const left = { request: budget.requests ?? defaults.requests, mail: budget.mails ?? defaults.mails }
  const spacing = budget.perSecond === undefined ? 0 : 1000 / budget.perSecond
  let next = 0
  return async (kind, count) => {
    if (left[kind] < count)
      throw new ReachError(
        `${count} more of kind ${kind}`,
        'the budget of the run is used up',
        `raise budget.${kind}s in the profile, or run fewer checks`,
      )
    left[kind] -= count
    if (kind !== 'request' || spacing === 0) return
    const turn = Math.max(performance.now(), next) + spacing * (count - 1)
    next = turn + spacing
    // A timer counts from when this round of the event loop began, and may end before its time.
    for (let early = turn - performance.now(); early > 0; early = turn - performance.now()) await after(early)
  }
}
