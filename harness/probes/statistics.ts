/** Statistics over timings (C6): no library of the field is small, kept and does just this. */

export interface MannWhitney {
  /** U of the first sample. */
  readonly u: number
  /** Two-sided, by the normal approximation with corrections for ties and continuity. */
  readonly p: number
}

/**
 * The Mann–Whitney U test (Mann and Whitney 1947; ties as in Lehmann, *Nonparametrics*, 1975): do both samples come from one
 * distribution? Good from about eight values a sample on. Throws where one is empty.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): MannWhitney {
  if (a.length === 0 || b.length === 0) throw new Error('Expected two samples with values; one is empty.')
  const n = a.length + b.length
  const { rankSum, ties } = rank(a, b)
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const mean = (a.length * b.length) / 2
  const variance = ((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1)))
  if (variance === 0) return { u, p: 1 }
  const z = Math.max(0, Math.abs(u - mean) - 0.5) / Math.sqrt(variance)
  return { u, p: Math.min(1, complementaryError(z / Math.SQRT2)) }
}

/** Throws where there is no value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  if (low === undefined || high === undefined) throw new Error('Expected values; there are none.')
  return (low + high) / 2
}

/** Median absolute deviation, unscaled. */
export function mad(values: readonly number[]): number {
  const middle = median(values)
  return median(values.map((value) => Math.abs(value - middle)))
}

export interface Difference {
  readonly differs: boolean
  readonly p: number
  /** Median of the second sample less that of the first: milliseconds. */
  readonly shift: number
  /** What the shift has to exceed: three times the larger MAD, at least 5 ms. */
  readonly threshold: number
}

/** C6: timings (milliseconds) of two arms differ where p < 0.001 and the medians lie further apart than the noise. */
export function differs(a: readonly number[], b: readonly number[]): Difference {
  const { p } = mannWhitney(a, b)
  const shift = median(b) - median(a)
  const threshold = Math.max(3 * Math.max(mad(a), mad(b)), 5)
  return { differs: p < 0.001 && Math.abs(shift) > threshold, p, shift, threshold }
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

/** The rank sum of `a`, equal values sharing the mean of their ranks, and the sum of t³ − t over all ties. */
function rank(a: readonly number[], b: readonly number[]): { rankSum: number; ties: number } {
  const all = [...a.map((value) => ({ value, first: 1 })), ...b.map((value) => ({ value, first: 0 }))]
  all.sort((x, y) => x.value - y.value)
  let [rankSum, ties] = [0, 0]
  for (let begin = 0; begin < all.length; ) {
    const end = all.findIndex((entry, i) => i > begin && entry.value !== all[begin]?.value)
    const group = all.slice(begin, end === -1 ? all.length : end)
    const share = begin + (group.length + 1) / 2
    rankSum += share * group.reduce((sum, { first }) => sum + first, 0)
    ties += group.length ** 3 - group.length
    begin += group.length
  }
  return { rankSum, ties }
}

/** erfc for x ≥ 0: the Maclaurin series of erf below 2, above it the continued fraction (NIST DLMF 7.6.1 and 7.9.1). */
function complementaryError(x: number): number {
  if (x < 2) {
    let [term, sum] = [x, x]
    for (let n = 1; Math.abs(term) > 1e-17; n++) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  let fraction = x
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction)
}
