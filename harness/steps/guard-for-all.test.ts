import { expect, test } from 'vitest'
import { Unproven } from '../verdicts.ts'
import { guardForAll } from './guard-for-all.ts'

test('a guard comes once, after the tries of all, which come one after the other', async () => {
  const seen: string[] = []
  const all = guardForAll(async () => void seen.push('guard'))
  const variant = async (name: string) => {
    const said = await all.inTurn(async () => {
      seen.push(`${name} begins`)
      await Promise.resolve()
      seen.push(`${name} ends`)
      return name
    })
    await all.holds()
    seen.push(`${said} is judged`)
  }
  await Promise.all(['a', 'b'].map(variant))
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'guard', 'a is judged', 'b is judged'])
})

test('who asks for it at once waits for those that begin beside it', async () => {
  const seen: string[] = []
  const all = guardForAll(async () => void seen.push('guard'))
  await Promise.all([all.holds(), all.atOnce(async () => void seen.push('a')), all.inTurn(async () => 'b')])
  expect(seen).toEqual(['a', 'guard'])
})

test('a try that fails keeps no other from its turn, and a guard that does not hold is held by nobody', async () => {
  const all = guardForAll(async () => {
    throw new Unproven('nothing came', 'look')
  })
  const failed = all.inTurn(() => Promise.reject(new Error('no try')))
  const tried = all.inTurn(async () => 'tried')
  await expect(failed).rejects.toThrow('no try')
  await expect(tried).resolves.toBe('tried')
  await expect(all.holds()).rejects.toThrow('nothing came')
  await expect(all.holds()).rejects.toThrow('nothing came')
})
