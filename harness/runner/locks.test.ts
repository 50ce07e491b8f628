import { expect, test } from 'vitest'
import { createLocks } from './locks.ts'

/** Enters at once with all the given checks, each leaving in the next turn; the order of what happened. */
async function ordered(
  checks: Record<string, { exclusive?: boolean; holds?: readonly string[] }>,
): Promise<string[]> {
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

test('two checks that hold the same never meet', async () => {
  const log = await ordered({ a: { holds: ['limit'] }, b: { holds: ['limit'] }, c: { holds: ['other'] } })
  expect(log.indexOf('b in')).toBeGreaterThan(log.indexOf('a out'))
  expect(log.indexOf('c in')).toBeLessThan(log.indexOf('a out'))
})
