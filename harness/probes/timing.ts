import { medianShift, type Shift, shuffled } from './statistics.ts'

/** How sure an interval is. A difference is said only where two halves of a series agree: chance does that once in 20 000 looks. */
const confidence = 0.99
/** Milliseconds that no target keeps to anyway, for an index, a cache or a line of a log: less is no difference. */
const noticeable = 5
/** Pairs before the first look and between looks: a verdict rests on thirty and more. */
const [first, further] = [32, 16]

export interface Judged extends Shift {
  /**
   * `different`: both halves of the series show a shift to the same side, and it is noticeable. `equal`: a shift that
   * matters would have been seen. `undecided`: neither can be said of so many pairs in so much noise.
   */
  readonly verdict: 'equal' | 'different' | 'undecided'
}

/** Judges the differences of paired timings; all in milliseconds. `matters` is the least shift that a verdict must not miss. */
export function judgeTimes(differences: readonly number[], matters: number): Judged {
  const middle = Math.floor(differences.length / 2)
  const series = [differences.slice(0, middle), differences.slice(middle)].filter(({ length }) => length > 0)
  const whole = medianShift(differences, confidence)
  const side = sideOf(whole)
  if (side !== 0 && Math.abs(whole.shift) >= Math.min(noticeable, matters)) {
    // What one half alone shows may be a neighbour who came or went meanwhile.
    const again =
      series.length === 2 && series.every((half) => sideOf(medianShift(half, confidence)) === side)
    return { ...whole, verdict: again ? 'different' : 'undecided' }
  }
  const [low, high] = whole.interval
  return { ...whole, verdict: -matters < low && high < matters ? 'equal' : 'undecided' }
}

function sideOf({ interval: [low, high] }: Shift): -1 | 0 | 1 {
  return low > 0 ? 1 : high < 0 ? -1 : 0
}

/** Two ways to ask; each gives the milliseconds that its answer took. Pairs are numbered from 0. */
export interface Arms {
  a(pair: number): Promise<number>
  b(pair: number): Promise<number>
  /** Whatever has to be there before a pair is asked. */
  prepare?(pair: number): Promise<void>
}

export interface CompareOptions {
  /** The least shift that a verdict must not miss: milliseconds. */
  readonly matters: number
  /** In [0, 1); tosses for the order. */
  readonly random: () => number
  /** Pairs to end with; 80 where it is left out. */
  readonly most?: number
  /** Waits for leave to ask both, then runs `ask`: nothing is to wait between the two. */
  readonly together?: (ask: () => Promise<void>) => Promise<void>
}

export interface Comparison extends Judged {
  readonly samples: { readonly a: readonly number[]; readonly b: readonly number[] }
}

/**
 * Whether `b` takes as long as `a`; a positive shift says that it takes longer. Asks in pairs, one right after the other: at
 * once, a target that does one thing at a time would make each wait for the other, and hide half of the difference. Which is
 * first is tossed for. The first pair is asked once more than it counts: it warms up. Ends with the first verdict, or with
 * `most` pairs; what an arm throws ends it, too.
 */
export async function compareTimes(arms: Arms, options: CompareOptions): Promise<Comparison> {
  const { matters, random, most = 80, together = (ask) => ask() } = options
  const samples: Record<'a' | 'b', number[]> = { a: [], b: [] }
  const ask = (pair: number, seen: Record<'a' | 'b', number[]>) =>
    together(async () => {
      for (const arm of shuffled(['a', 'b'] as const, random)) seen[arm].push(await arms[arm](pair))
    })
  for (let pair = 0; ; ) {
    await arms.prepare?.(pair)
    if (pair === 0) await ask(pair, { a: [], b: [] })
    await ask(pair, samples)
    pair++
    const look = pair === most || (pair >= first && (pair - first) % further === 0)
    if (!look) continue
    const judged = judgeTimes(
      samples.a.map((time, n) => (samples.b[n] ?? Number.NaN) - time),
      matters,
    )
    if (judged.verdict !== 'undecided' || pair >= most) return { ...judged, samples }
  }
}
