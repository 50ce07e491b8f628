import { expect, test } from 'vitest'
import type { Exchange } from '../model.ts'
import { createPatience } from './patience.ts'

/** An answer to `principal`, limited for 10 ms or not. */
function answered(principal: string, limited: boolean): Exchange {
  const headers = limited ? [['retry-after-ms', '10']] : []
  return {
    ...{ principal, operation: 'message.list', answer: limited ? 'limited' : 'refused' },
    ...{
      response: { status: limited ? 429 : 401, headers, body: '' },
      startedAt: Date.now(),
      milliseconds: 0,
    },
  } as unknown as Exchange
}

test('where another who had to wait gets through, the limit is one for all of them, and the next to wait is next', async () => {
  const patience = createPatience()
  // One at a time is let through, in the order of the names.
  const order = ['ann', 'ben', 'cat', 'dan', 'eve']
  const letIn: string[] = []
  let opened = 0
  const ask = (principal: string) => async () => {
    const isNext = order[letIn.length] === principal && Date.now() - opened >= 8
    if (isNext) [opened] = [Date.now(), letIn.push(principal)]
    return answered(principal, !isNext)
  }
  const all = await Promise.all(order.toReversed().map((name) => patience(1, ask(name))))
  expect(all.map(({ answer }) => answer)).toEqual(order.map(() => 'refused'))
})

test('where those alone get through who met no limit, waiting is of no use', async () => {
  const patience = createPatience()
  let asked = 0
  const limited = async () => {
    asked++
    await patience(1, async () => answered('another', false))
    return answered('ann', true)
  }
  expect((await patience(1, limited)).answer).toBe('limited')
  expect(asked).toBe(3)
})
