import { expect, test } from 'vitest'
import { releasedTogether } from './starting-line.ts'

test('nobody goes on before all are ready, and who ends before holds nobody up', async () => {
  const seen: string[] = []
  const runner = (name: string, steps: number) => async (ready: () => Promise<void>) => {
    for (let n = 0; n < steps; n++) await null
    seen.push(`${name} is ready`)
    await ready()
    seen.push(`${name} runs`)
    return name
  }
  const results = await releasedTogether([
    runner('slow', 50),
    runner('quick', 1),
    async () => 'has no part in it',
  ])
  expect(results).toEqual(['slow', 'quick', 'has no part in it'])
  expect(seen.map((line) => line.split(' ').at(-1))).toEqual(['ready', 'ready', 'runs', 'runs'])
})

test('who fails before holds nobody up either', async () => {
  let ran = false
  const failing = releasedTogether([
    async (ready: () => Promise<void>) => {
      await ready()
      ran = true
    },
    () => Promise.reject(new Error('no connection')),
  ])
  await expect(failing).rejects.toThrow('no connection')
  await null
  expect(ran).toBe(true)
})
