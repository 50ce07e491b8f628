import { UsageError } from '../obstacles.ts'
import type { Budget } from '../profile/shape.ts'
import type { Share } from '../profile/share.ts'
import type { Expected } from './expected.ts'

export interface Place {
  /** From 1 on. */
  readonly index: number
  readonly of: number
}

/** A check, or ZAP, as far as it matters who has it. */
export interface Load {
  readonly id: string
  /** Of any unit, the same for all. */
  readonly weight: number
  /** It wants its target to itself, or may have it turn others away. */
  readonly disturbs: boolean
  /** Each has it. */
  readonly everywhere: boolean
}

/**
 * Who has which: the heaviest first, each to whom has least to do, so that everybody who asks comes to the same. At a `shared` target
 * what disturbs is the last one's, who has nothing else. Throws UsageError where somebody has nothing to do.
 */
export function spread(
  loads: readonly Load[],
  of: number,
  shared: boolean,
): { readonly parts: readonly (readonly string[])[]; readonly last: boolean } {
  const everywhere = loads.filter((load) => load.everywhere)
  const own = loads.filter((load) => !load.everywhere)
  const apart = shared && of > 1 ? own.filter(({ disturbs }) => disturbs) : []
  const others = own.filter((load) => !apart.includes(load))
  const last = apart.length > 0
  const most = others.length + (last ? 1 : 0)
  if (most < of && of > 1)
    throw new UsageError(
      `--shard: expected something to do for each of ${of}; seen ${own.length} ${own.length === 1 ? 'check' : 'checks'}${last ? `, of which ${apart.length} must run apart` : ''}; ${most > 1 ? `use --shard i/${most}, or fewer` : 'run them without --shard'}`,
    )
  const groups = Array.from({ length: last ? of - 1 : of }, () => ({ weight: 0, ids: [] as string[] }))
  const heaviestFirst = others.toSorted((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
  for (const { id, weight } of heaviestFirst) {
    const [least] = groups.toSorted((a, b) => a.weight - b.weight || a.ids.length - b.ids.length)
    if (least === undefined) break
    least.weight += weight
    least.ids.push(id)
  }
  const all = last
    ? [...groups.map(({ ids }) => ids), apart.map(({ id }) => id)]
    : groups.map(({ ids }) => ids)
  return { parts: all.map((ids) => [...ids, ...everywhere.map(({ id }) => id)].sort()), last }
}

interface Bounds {
  readonly budget?: Budget | undefined
  readonly inFlight?: number | undefined
}

/**
 * What one of them may do, so that all together stay within what the profile allows: of rates an equal share, of what is used up as much
 * as its checks are expected to take. Throws UsageError where somebody may do nothing.
 */
export function shareOf(
  { budget, inFlight }: Bounds,
  index: number,
  expected: readonly Omit<Expected, 'uncounted'>[],
): Share {
  const of = expected.length
  const equal = expected.map(() => 1)
  const divided = (name: string, total: number, weights: readonly number[]) => {
    if (total < of)
      throw new UsageError(
        `--shard: expected ${name} of at least ${of}, one for each; seen ${total}; raise it, or ${total > 1 ? `use --shard i/${total}` : 'run without --shard'}`,
      )
    return wholeShares(total, weights)[index - 1] ?? 0
  }
  const { requests, mails, perSecond } = budget ?? {}
  const shares: Budget = {
    ...(requests === undefined
      ? {}
      : {
          requests: divided(
            'budget.requests',
            requests,
            expected.map((each) => each.requests + each.connections),
          ),
        }),
    ...(mails === undefined
      ? {}
      : {
          mails: divided(
            'budget.mails',
            mails,
            expected.map((each) => each.mails),
          ),
        }),
    ...(perSecond === undefined ? {} : { perSecond: perSecond / of }),
  }
  return {
    ...(budget === undefined ? {} : { budget: shares }),
    ...(inFlight === undefined ? {} : { inFlight: divided('mail.inFlight', inFlight, equal) }),
  }
}

/** Whole numbers, at least 1 each, of that sum; the rest after dividing goes to the first ones. */
export function wholeShares(total: number, weights: readonly number[]): number[] {
  const spare = total - weights.length
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const parts = weights.map(
    (weight) => 1 + Math.floor(spare * (sum === 0 ? 1 / weights.length : weight / sum)),
  )
  const rest = total - parts.reduce((all, part) => all + part, 0)
  return parts.map((part, at) => part + (at < rest ? 1 : 0))
}
