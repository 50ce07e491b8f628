import { expect, test } from 'vitest'
import type { Reach } from '../model.ts'
import { createLocks } from './locks.ts'

/** Enters at once with all the given checks, each leaving in the next turn; the order of what happened. */
async function ordered(checks: Record<string, { exclusive?: boolean; reach?: Reach }>): Promise<string[]> {
  const locks = createLocks()
  const log: string[] = []
  await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const leave = await locks.enter(check)
      log.push(`${name} in`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`${name} out`)
      leave()
    }),
  )
  return log
}

test('checks without demands run at once', async () => {
  expect(await ordered({ a: {}, b: {} })).toEqual(['a in', 'b in', 'a out', 'b out'])
})

test('an exclusive check waits for all others, and the next exclusive one for it', async () => {
  const log = await ordered({ last: { exclusive: true }, a: {}, b: {}, after: { exclusive: true } })
  expect(log.slice(0, 4).sort()).toEqual(['a in', 'a out', 'b in', 'b out'])
  expect(log.slice(4)).toEqual(['last in', 'last out', 'after in', 'after out'])
})

test('what leaves something exhausted behind goes last', async () => {
  const log = await ordered({ hurting: { exclusive: true, reach: 'disruptive' }, quiet: { exclusive: true } })
  expect(log).toEqual(['quiet in', 'quiet out', 'hurting in', 'hurting out'])
})
