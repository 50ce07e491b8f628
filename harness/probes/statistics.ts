/** Statistics of timings and counts: no library of the field is small, kept and gives the intervals that a verdict needs. */

export interface Shift {
  /** The median of the differences, which many wild ones do not move. */
  readonly shift: number
  /** Where the true median lies, as surely as was asked; infinite on both sides where there are too few differences. */
  readonly interval: readonly [low: number, high: number]
}

/**
 * By how much paired differences lie away from zero: their median, and the interval between two of them that the sign test
 * gives (Thompson 1936; Hollander and Wolfe, *Nonparametric Statistical Methods*, 3.6). It supposes nothing of how they are
 * spread: where an order that is tossed for decides on the sign, it is exact, however the machine is loaded. Signed ranks
 * would be a little narrower in even noise, and wider where a few pairs meet the most of it.
 * Throws where there is no difference.
 */
export function medianShift(differences: readonly number[], confidence: number): Shift {
  if (differences.length === 0) throw new Error('Expected differences; there are none.')
  const sorted = differences.toSorted((x, y) => x - y)
  const at = (rank: number) => sorted[rank - 1] ?? Number.NaN
  const n = sorted.length
  const rank = rankBelow((1 - confidence) / 2, n)
  return {
    shift: (at(Math.floor((n + 1) / 2)) + at(Math.ceil((n + 1) / 2))) / 2,
    interval:
      rank === 0 ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [at(rank), at(n + 1 - rank)],
  }
}

/** The most heads that `n` tosses fall short of with no more than this probability: a quantile of the binomial distribution. */
function rankBelow(probability: number, n: number): number {
  let [heads, exactly] = [0, 0.5 ** n]
  for (let below = exactly; below < probability; below += exactly) {
    exactly *= (n - heads) / (heads + 1)
    heads++
  }
  return heads
}

/** So many of so many. */
export interface Share {
  readonly passed: number
  readonly of: number
}

/**
 * How probable it is by chance alone that at least so many of the passed are among the first, if it makes no difference to
 * which a thing belongs (Fisher's exact test, one-sided).
 */
export function chanceOfMore(first: Share, second: Share): number {
  const [of, passed] = [first.of + second.of, first.passed + second.passed]
  const most = Math.min(first.of, passed)
  const all = logChoose(of, passed)
  let chance = 0
  for (let hits = first.passed; hits <= most; hits++)
    if (passed - hits <= second.of)
      chance += Math.exp(logChoose(first.of, hits) + logChoose(second.of, passed - hits) - all)
  return Math.min(1, chance)
}

function logChoose(n: number, k: number): number {
  let sum = 0
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i)
  return sum
}

/**
 * The order in which to take `samples` of each arm: in rounds, each round a random permutation of all arms, so that drift
 * of the target falls on all arms alike. The same seed gives the same order.
 */
export function interleave<Arm>(arms: readonly Arm[], samples: number, seed: number): Arm[] {
  const random = mulberry32(seed)
  return Array.from({ length: samples }, () => shuffled(arms, random)).flat()
}

/** Fisher–Yates. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const rest = [...items]
  return Array.from(items).flatMap(() => rest.splice(Math.floor(random() * rest.length), 1))
}

/** Tommy Ettinger's generator: for orders, never for secrets. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
