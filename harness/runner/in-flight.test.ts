import { expect, test } from 'vitest'
import { createInFlight } from './in-flight.ts'

/** Sends of these sizes, in this order, and how many of them are under way when everything that can has begun. */
function sending(most: number, counts: readonly number[], within = 600) {
  const budget: [string, number][] = []
  const flight = createInFlight(async (kind, count) => void budget.push([kind, count]), { most, within })
  let begun = 0
  const all = Promise.all(counts.map((count) => flight.take('mail', count).then(() => begun++)))
  const settled = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return begun
  }
  return { ...flight, budget, all, begun: settled }
}

test('no more is on its way than the bound, and each arrival lets the next go', async () => {
  const flight = sending(2, [1, 1, 1, 1])
  expect(await flight.begun()).toBe(2)
  flight.landed(1)
  expect(await flight.begun()).toBe(3)
  flight.landed(2)
  expect(await flight.begun()).toBe(4)
  expect(flight.budget).toEqual(Array.from({ length: 4 }, () => ['mail', 1]))
})

test('what is more than the bound by itself goes when nothing else is on its way, and holds up what comes after it', async () => {
  const flight = sending(2, [1, 5, 1])
  expect(await flight.begun()).toBe(1)
  flight.landed(1)
  expect(await flight.begun()).toBe(2)
  flight.landed(4)
  expect(await flight.begun()).toBe(3)
})

test('what never arrives is waited for no longer than promised', async () => {
  const flight = sending(1, [1, 1, 1], 0.01)
  await flight.all
  expect(await flight.begun()).toBe(3)
})

test('what lands twice, or was not asked for, makes no room for more than the bound', async () => {
  const flight = sending(1, [1])
  expect(await flight.begun()).toBe(1)
  flight.landed(7)
  const other = [flight.take('mail', 1), flight.take('mail', 1)]
  let begun = 0
  for (const each of other) void each.then(() => begun++)
  await flight.begun()
  expect(begun).toBe(1)
  flight.landed(1)
  await Promise.all(other)
})

test('requests are no mail', async () => {
  const flight = sending(1, [1])
  await flight.take('request', 100)
  expect(flight.budget).toContainEqual(['request', 100])
})
