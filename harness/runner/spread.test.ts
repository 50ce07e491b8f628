import { expect, test } from 'vitest'
import { mulberry32 } from '../probes/statistics.ts'
import { type Load, shareOf, spread, wholeShares } from './spread.ts'

const load = (id: string, weight = 1, more: Partial<Load> = {}): Load => ({
  ...{ id, weight, disturbs: false, everywhere: false },
  ...more,
})
const alike = (count: number) =>
  Array.from({ length: count }, (_, at) => load(`c/${String(at).padStart(3, '0')}`))

test('the heaviest go first, each to whom has least to do, and whoever asks in whatever order comes to the same', () => {
  const loads = [load('a', 7), load('b', 5), load('c', 4), load('d', 3), load('e', 3), load('f', 2)]
  const { parts } = spread(loads, 3, false)
  expect(parts).toEqual([
    ['a', 'f'],
    ['b', 'e'],
    ['c', 'd'],
  ])
  expect(spread(loads.toReversed(), 3, false)).toEqual({ parts, last: false })
})

test('what weighs alike goes round, and what weighs nothing does not all come to one', () => {
  expect(spread(alike(6), 3, false).parts.map(({ length }) => length)).toEqual([2, 2, 2])
  const idle = Array.from({ length: 9 }, (_, at) => load(`idle/${at}`, 0))
  expect(spread(idle, 3, false).parts.map(({ length }) => length)).toEqual([3, 3, 3])
})

test('no part weighs more than a fair share and its heaviest check', () => {
  const random = mulberry32(7)
  for (let round = 0; round < 200; round++) {
    const loads = alike(20 + Math.floor(random() * 80)).map(({ id }) => load(id, random() ** 3))
    const of = 1 + Math.floor(random() * 8)
    const { parts } = spread(loads, of, false)
    expect(parts.flat().sort()).toEqual(loads.map(({ id }) => id).sort())
    const weights = new Map(loads.map(({ id, weight }) => [id, weight]))
    const all = loads.reduce((sum, { weight }) => sum + weight, 0)
    const heaviest = Math.max(...weights.values())
    for (const ids of parts)
      expect(ids.reduce((sum, id) => sum + (weights.get(id) ?? 0), 0)).toBeLessThanOrEqual(
        all / of + heaviest + 1e-9,
      )
  }
})

test('at a target that all share, what disturbs others is the last one’s alone; with a target each, it goes to anybody', () => {
  const loads = [...alike(5), load('d/1', 9, { disturbs: true }), load('d/2', 9, { disturbs: true })]
  const shared = spread(loads, 3, true)
  expect([shared.last, shared.parts[2]]).toEqual([true, ['d/1', 'd/2']])
  expect(shared.parts.slice(0, 2).flat().sort()).toEqual(alike(5).map(({ id }) => id))
  expect(spread(loads, 3, false)).toMatchObject({ last: false, parts: [['d/1'], ['d/2'], expect.any(Array)] })
  expect(spread(alike(5), 3, true).last).toBe(false)
  expect(spread(loads, 1, true)).toMatchObject({ last: false, parts: [expect.any(Array)] })
})

test('what looks back at all others of its run is everywhere', () => {
  const { parts } = spread([...alike(4), load('z/back', 1, { everywhere: true, disturbs: true })], 2, true)
  expect(parts.map((ids) => ids.filter((id) => id === 'z/back'))).toEqual([['z/back'], ['z/back']])
})

test('nobody is left without anything to do', () => {
  expect(() => spread(alike(2), 3, false)).toThrow(
    '--shard: expected something to do for each of 3; seen 2 checks; use --shard i/2, or fewer',
  )
  expect(() => spread([load('a', 1, { everywhere: true })], 2, false)).toThrow(/run them without --shard$/)
  const apart = [load('d/1', 1, { disturbs: true }), load('d/2', 1, { disturbs: true })]
  expect(() => spread([...alike(2), ...apart], 4, true)).toThrow(
    /seen 4 checks, of which 2 must run apart; use --shard i\/3, or fewer$/,
  )
  expect(spread(alike(1), 1, false).parts).toEqual([['c/000']])
})

const expected = (...amounts: number[]) =>
  amounts.map((amount) => ({ requests: amount, connections: 0, mails: amount }))

test('all together stay within what the profile allows, whatever it bounds', () => {
  const random = mulberry32(11)
  for (let round = 0; round < 500; round++) {
    const of = 1 + Math.floor(random() * 64)
    const total = of + Math.floor(random() * 3000)
    const amounts = expected(...Array.from({ length: of }, () => Math.floor(random() ** 4 * 5000)))
    const budget = { requests: total, mails: total, perSecond: random() * 50 + 0.01 }
    const shares = amounts.map((_, at) => shareOf({ budget, inFlight: total }, at + 1, amounts))
    const sum = (of: (share: (typeof shares)[number]) => number) =>
      shares.reduce((all, share) => all + of(share), 0)
    expect(sum((share) => share.budget?.requests ?? 0)).toBe(total)
    expect(sum((share) => share.budget?.mails ?? 0)).toBe(total)
    expect(sum((share) => share.inFlight ?? 0)).toBe(total)
    expect(sum((share) => share.budget?.perSecond ?? 0)).toBeLessThanOrEqual(budget.perSecond + 1e-9)
    for (const { budget, inFlight } of shares)
      expect(Math.min(budget?.requests ?? 0, budget?.mails ?? 0, inFlight ?? 0)).toBeGreaterThanOrEqual(1)
  }
})

test('what is used up is shared as the checks of each are expected to need it', () => {
  const of = (index: number) =>
    shareOf({ budget: { mails: 1000 } }, index, expected(900, 50, 50)).budget?.mails
  expect([of(1), of(2), of(3)]).toEqual([899, 51, 50])
})

test('what nobody bounds stays so', () => {
  expect(shareOf({}, 1, expected(1, 1))).toEqual({})
  expect(shareOf({ budget: { perSecond: 10 } }, 1, expected(1, 1))).toEqual({ budget: { perSecond: 5 } })
})

test('where somebody could do nothing, it is said what would help', () => {
  expect(() => shareOf({ inFlight: 1 }, 3, expected(1, 1, 1, 1, 1, 1, 1, 1))).toThrow(
    '--shard: expected mail.inFlight of at least 8, one for each; seen 1; raise it, or run without --shard',
  )
  expect(() => shareOf({ budget: { mails: 2 } }, 1, expected(1, 1, 1))).toThrow(/budget\.mails of at least 3/)
  expect(wholeShares(3, [0, 0, 0])).toEqual([1, 1, 1])
})
