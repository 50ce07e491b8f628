import { expect, test } from 'vitest'
import { createSlots } from './slots.ts'

test('so many work at once, the others in their order, also after one that failed', async () => {
  const slots = createSlots(2)
  const begun: number[] = []
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const results = works.map(({ promise }, n) =>
    slots(async () => {
      begun.push(n)
      await promise
      return n
    }).catch((error: Error) => error.message),
  )
  expect(begun).toEqual([0, 1])
  works[1]?.reject(new Error('failed'))
  expect(await results[1]).toBe('failed')
  expect(begun).toEqual([0, 1, 2])
  for (const { resolve } of works) resolve()
  expect(await Promise.all(results)).toEqual([0, 'failed', 2, 3, 4])
  expect(begun).toEqual([0, 1, 2, 3, 4])
})
