import { expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

test('every step is done, in turn, whatever the others throw, and the first fault is told', async () => {
  const done: string[] = []
  const step = (name: string, fault: string | null, milliseconds: number) => async () => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    done.push(name)
    if (fault !== null) throw new Error(fault)
  }
  const atOnce = () => {
    done.push('d')
    throw new Error('third')
  }
  const steps = [
    step('a', null, 20),
    step('b', 'first', 0),
    step('c', 'second', 10),
    atOnce,
    step('e', null, 0),
  ]
  await expect(inTurn(...steps)).rejects.toThrow('first')
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e'])
  await inTurn()
})
