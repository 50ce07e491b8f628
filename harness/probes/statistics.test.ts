import { expect, test } from 'vitest'
import { chanceOfMore, interleave, medianShift, mulberry32 } from './statistics.ts'

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

// `qbinom(0.005, n, 0.5)` and, for what is surely covered, `1 - 2 * pbinom(k - 1, n, 0.5)` of R 4.2.2.
test.each([
  [8, 1, 0.9921875],
  [16, 3, 0.9958191],
  [32, 9, 0.9929996],
  [64, 22, 0.9918531],
  [72, 25, 0.9936902],
])('of %i differences the interval goes from the one of rank %i, which is sure by %d', (n, rank, covered) => {
  const differences = upTo(n).map((value) => value + 1)
  const between = [rank, n + 1 - rank]
  expect(medianShift(differences.toReversed(), 0.99)).toEqual({ shift: (n + 1) / 2, interval: between })
  expect(medianShift(differences, covered - 1e-6).interval).toEqual(between)
  expect(medianShift(differences, covered + 1e-6).interval).not.toEqual(between)
})

test('a few differences say nothing for sure, and none are refused', () => {
  expect(medianShift([1, 1, 1, 1, 1, 1, 1], 0.99)).toEqual({ shift: 1, interval: [-Infinity, Infinity] })
  expect(() => medianShift([], 0.99)).toThrow('there are none')
})

test('an interval covers the true shift as often as it says, however wild the noise', () => {
  const random = mulberry32(11)
  const cauchy = () => Math.tan(Math.PI * (random() - 0.5))
  const covers = upTo(2000).filter(() => {
    const [low, high] = medianShift(
      upTo(20).map(() => 7 + cauchy()),
      0.95,
    ).interval
    return low <= 7 && 7 <= high
  }).length
  // Of 20 ranks 6 to 15 are taken: sure by 0.9586.
  expect(covers / 2000).toBeGreaterThan(0.945)
  expect(covers / 2000).toBeLessThan(0.972)
})

// The first is Fisher's own example of a lady and eight cups (1935); the others are of R 4.2.2, `fisher.test`.
test.each([
  [{ passed: 3, of: 4 }, { passed: 1, of: 4 }, 0.242857142857],
  [{ passed: 5, of: 5 }, { passed: 6, of: 20 }, 0.00869565217391],
  [{ passed: 4, of: 34 }, { passed: 6, of: 176 }, 0.0590437324802],
])('more among %o than among %o is chance by %d', (one, other, chance) => {
  expect(chanceOfMore(one, other)).toBeCloseTo(chance, 10)
})

test('where none passed or all did, no more passed of the first', () => {
  expect(chanceOfMore({ passed: 0, of: 5 }, { passed: 3, of: 5 })).toBe(1)
  expect(chanceOfMore({ passed: 5, of: 5 }, { passed: 5, of: 5 })).toBe(1)
})

test('arms are interleaved in rounds, each complete, by the seed', () => {
  const order = interleave(['a', 'b', 'c'], 50, 7)
  for (let i = 0; i < order.length; i += 3) expect(order.slice(i, i + 3).toSorted()).toEqual(['a', 'b', 'c'])
  expect(new Set(upTo(50).map((i) => order.slice(3 * i, 3 * i + 3).join(''))).size).toBe(6)
  expect(interleave(['a', 'b', 'c'], 50, 7)).toEqual(order)
  expect(interleave(['a', 'b', 'c'], 50, 8)).not.toEqual(order)
})

test('an order is tossed for without a bent', () => {
  const random = mulberry32(3)
  const heads = upTo(10_000).filter(() => random() < 0.5).length
  expect(Math.abs(heads - 5000)).toBeLessThan(200)
})
