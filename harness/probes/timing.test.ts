import { expect, test } from 'vitest'
import { mulberry32 } from './statistics.ts'
import { compareTimes, judgeTimes } from './timing.ts'

/** What a machine adds to the time of an answer, in milliseconds, by the number of the answer: never less than nothing. */
type Noise = (random: () => number, answer: number) => number

const exponential = (random: () => number, mean: number) => -Math.log(1 - random()) * mean
const noises: Readonly<Record<string, Noise>> = {
  quiet: (random) => exponential(random, 1),
  'heavy-tailed': (random) => 2 * (1 - random()) ** (-1 / 1.3),
  drifting: (random, answer) => answer / 2 + exponential(random, 2),
  'with spikes of load': (random, answer) => (answer % 23 < 7 ? 60 : 2) * (0.5 + random()),
  'so busy that most of it is waiting': (random) => exponential(random, 30),
}

/** Compares an arm of 20 ms with one that takes `shift` more, by a target that does one thing at a time or many at once. */
function simulated(noise: Noise, shift: number, seed: number, oneAtATime = false) {
  const random = mulberry32(seed)
  let [answers, ahead] = [0, 0]
  const answer = async (work: number) => {
    const waits = oneAtATime ? ahead : 0
    ahead += work
    await null
    ahead -= work
    return waits + work + noise(random, answers++)
  }
  const arms = { a: () => answer(20), b: () => answer(20 + shift) }
  return compareTimes(arms, { matters: 25, random })
}

/** What came of fifty comparisons, by their verdicts. */
async function verdicts(noise: Noise, shift: number, oneAtATime = false) {
  const seeds = Array.from({ length: 50 }, (_, seed) => seed)
  const runs = await Promise.all(seeds.map((seed) => simulated(noise, shift, seed, oneAtATime)))
  return Object.groupBy(runs, ({ verdict }) => verdict)
}

for (const [name, noise] of Object.entries(noises)) {
  test(`${name}: where there is no difference, none is said`, async () => {
    const { different = [], equal = [] } = await verdicts(noise, 0)
    expect(different).toHaveLength(0)
    expect(equal.length).toBeGreaterThan(35)
  })

  test(`${name}: what matters is never taken for equal, and mostly told`, async () => {
    for (const shift of [60, -60]) {
      const { different = [], equal = [] } = await verdicts(noise, shift)
      expect(equal).toHaveLength(0)
      expect(different.length).toBeGreaterThan(47)
      for (const seen of different) expect(Math.abs(seen.shift - shift)).toBeLessThan(25)
    }
  })
}

test('noise that hides what matters leaves it undecided, never equal', async () => {
  const hiding: Noise = (random) => exponential(random, 300)
  const { undecided = [] } = await verdicts(hiding, 0)
  expect(undecided).toHaveLength(50)
  expect((await verdicts(hiding, 25)).equal ?? []).toHaveLength(0)
})

test('a target that does one thing at a time shows the whole difference', async () => {
  const { different = [] } = await verdicts(noises['quiet'] ?? (() => 0), 60, true)
  expect(different).toHaveLength(50)
  for (const { shift } of different) expect(Math.abs(shift - 60)).toBeLessThan(2)
})

test('a difference that is small but sure is told by its size', async () => {
  const { verdict, shift, interval, samples } = await simulated(noises['quiet'] ?? (() => 0), 10, 1)
  expect({ verdict, pairs: samples.a.length }).toEqual({ verdict: 'different', pairs: 32 })
  expect(Math.abs(shift - 10)).toBeLessThan(1)
  expect(interval[0]).toBeGreaterThan(8)
})

test('what no target keeps to anyway is equal, and a profile may ask for more', () => {
  const steady = Array.from({ length: 32 }, (_, n) => 2 + (n % 3) / 10)
  expect(judgeTimes(steady, 25)).toMatchObject({ verdict: 'equal', shift: 2.1 })
  expect(judgeTimes(steady, 1).verdict).toBe('different')
})

test('what one half of a series alone shows is no difference', () => {
  const came = Array.from({ length: 64 }, (_, n) => (n < 32 ? (n % 7) - 3 : 40 + (n % 7)))
  expect(judgeTimes(came, 25).verdict).toBe('undecided')
})

test('too few pairs decide nothing', () => {
  expect(judgeTimes([50], 25)).toMatchObject({ verdict: 'undecided', shift: 50 })
  expect(judgeTimes([50, 50, 50, 50], 25).verdict).toBe('undecided')
})

/** What `compareTimes` does, and when, with arms of which one takes so long, by the numbers of the pairs. */
async function story(milliseconds: (pair: number) => number, most: number) {
  const seen: string[] = []
  const arm = (name: string) => async (pair: number) => {
    seen.push(`${name}${pair}`)
    return name === 'b' ? milliseconds(pair) : 0
  }
  const { samples, verdict } = await compareTimes(
    { a: arm('a'), b: arm('b'), prepare: async (pair) => void seen.push(`prepared ${pair}`) },
    {
      matters: 25,
      random: mulberry32(1),
      most,
      together: async (ask) => {
        seen.push('leave')
        await ask()
      },
    },
  )
  return { seen, verdict, pairs: samples.a.length }
}

test('a pair is prepared, gets its leave as a whole and is asked in an order that is tossed for; the first warms up', async () => {
  const { seen } = await story(() => 0, 80)
  expect(seen.slice(0, 7)).toEqual(['prepared 0', 'leave', ...seen.slice(2, 4), 'leave', ...seen.slice(5, 7)])
  expect(seen.slice(1, 7).toSorted()).toEqual(['a0', 'a0', 'b0', 'b0', 'leave', 'leave'])
  const begins = seen.filter((_, n) => seen[n - 1] === 'leave').map((what) => what[0])
  expect(new Set(begins)).toEqual(new Set(['a', 'b']))
})

test.each([
  ['equal', 32, () => 0, 80],
  ['different', 32, () => 90, 80],
  ['equal', 48, (pair: number) => (pair < 24 && pair % 2 === 0 ? 90 : 0), 80],
  ['undecided', 60, (pair: number) => (pair % 2 === 0 ? 90 : 0), 60],
  ['equal', 10, () => 0, 10],
])(
  '%s after %i pairs: asking ends with the verdict, or with as many as there may be',
  async (verdict, pairs, milliseconds, most) => {
    expect(await story(milliseconds, most)).toMatchObject({ verdict, pairs })
  },
)

test('what an arm throws ends the comparison', async () => {
  const throttled = () => Promise.reject(new Error('429'))
  const options = { matters: 25, random: mulberry32(1) }
  await expect(compareTimes({ a: async () => 1, b: throttled }, options)).rejects.toThrow('429')
})
