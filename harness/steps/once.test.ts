import { expect, test } from 'vitest'
import { asked, once, onceEach } from './once.ts'

test('what several ask for is made once, for the first of them', async () => {
  let made = 0
  const get = once(async () => ++made)
  expect(made).toBe(0)
  expect([await get(), await get()]).toEqual([1, 1])
})

test('what failed fails whoever needs it, and nobody else', async () => {
  const failed = await asked(Promise.reject(new Error('no door')))
  expect(failed).toThrow('no door')
  expect((await asked(Promise.resolve(1)))()).toBe(1)
})

test('of each it is made once, by what tells them apart', async () => {
  const made: string[] = []
  const make = onceEach(
    async ({ name }: { name: string }) => made.push(name),
    ({ name }) => name.toLowerCase(),
  )
  await Promise.all([make({ name: 'Ann' }), make({ name: 'ann' }), make({ name: 'Ben' })])
  expect(made).toEqual(['Ann', 'Ben'])
})
