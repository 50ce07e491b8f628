import { expect, test } from 'vitest'
import { differs, interleave, mad, mannWhitney, median, mulberry32 } from './statistics.ts'

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

// Expected values: scipy 1.17.1, `mannwhitneyu(a, b, method='asymptotic')`; the first is the example of its documentation.
test.each([
  [[19, 22, 16, 29, 24], [20, 11, 17, 12], 17, 0.11134688653314041],
  [[1, 2, 2, 3, 5, 5, 5, 9], [2, 3, 3, 4, 5, 6, 6, 7, 8], 25.5, 0.33022904532277697],
  [upTo(30), upTo(30).map((n) => n + 25), 12.5, 1.0384657790343385e-10],
])('U and p are those of scipy', (a, b, u, p) => {
  const seen = mannWhitney(a, b)
  expect(seen.u).toBe(u)
  expect(Math.abs(seen.p / p - 1)).toBeLessThan(1e-9)
})

test('equal samples differ in nothing', () => {
  expect(mannWhitney([3, 3], [3, 3])).toEqual({ u: 2, p: 1 })
  expect(() => mannWhitney([], [1])).toThrow('empty')
})

test('median and median absolute deviation', () => {
  expect(median([5, 1, 4, 2])).toBe(3)
  // scipy 1.17.1, `median_abs_deviation`.
  expect(mad([1, 1, 2, 2, 4, 6, 9])).toBe(1)
})

test('arms differ only where the shift is beyond noise and beyond 5 ms', () => {
  const random = mulberry32(1)
  const noisy = (middle: number, spread: number) => upTo(40).map(() => middle + (random() - 0.5) * spread)
  expect(differs(noisy(2, 1), noisy(62, 10)).differs).toBe(true)
  expect(differs(noisy(2, 1), noisy(4, 1))).toMatchObject({ differs: false, threshold: 5 })
  expect(differs(noisy(60, 40), noisy(70, 40)).differs).toBe(false)
  expect(differs(noisy(62, 10), noisy(2, 1)).shift).toBeLessThan(-50)
})

test('arms are interleaved in rounds, each complete, by the seed', () => {
  const order = interleave(['a', 'b', 'c'], 50, 7)
  for (let i = 0; i < order.length; i += 3) expect(order.slice(i, i + 3).toSorted()).toEqual(['a', 'b', 'c'])
  expect(new Set(upTo(50).map((i) => order.slice(3 * i, 3 * i + 3).join(''))).size).toBe(6)
  expect(interleave(['a', 'b', 'c'], 50, 7)).toEqual(order)
  expect(interleave(['a', 'b', 'c'], 50, 8)).not.toEqual(order)
})
