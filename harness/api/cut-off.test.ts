import { expect, test } from 'vitest'
import { sampleExchange } from '../check/sample-kit.testing.ts'
import type { Exchange } from '../model.ts'
import { Unproven } from '../verdicts.ts'
import { unlessCutOff } from './cut-off.ts'

const cut = { ...sampleExchange('broken'), response: null, failure: 'UND_ERR_SOCKET' }
const up = async () => {}
const down = () => Promise.reject(new Unproven('a benign message was not taken', ''))

/** Asks for these answers one after the other: what came of it, and how often was asked. */
async function asking(answers: readonly Exchange[], open: () => Promise<void>) {
  let asked = 0
  const exchange = await unlessCutOff(async () => answers[asked++] ?? cut, open)
  return { exchange, asked }
}

test('what is cut off every time, while what is benign comes through, is answered so', async () => {
  const { exchange, asked } = await asking([cut, cut, cut], up)
  expect([exchange.cutOff, asked]).toEqual([true, 3])
  expect(exchange.failure).toBe('UND_ERR_SOCKET at each of 3 tries, while a benign message came through')
})

test('a connection that breaks once says nothing: the next answer counts', async () => {
  const refused = sampleExchange('refused')
  expect(await asking([cut, refused], up)).toEqual({ exchange: refused, asked: 2 })
})

test('where nothing comes through, or no answer came in time, nothing is asked again', async () => {
  expect(await asking([cut], down)).toEqual({ exchange: cut, asked: 1 })
  const late = { ...cut, failure: 'no complete answer within 30 s (target.timeout)' }
  expect(await asking([late], up)).toEqual({ exchange: late, asked: 1 })
  const unsent = { ...cut, failure: 'ECONNRESET', unsent: true }
  expect(await asking([unsent], up)).toEqual({ exchange: unsent, asked: 1 })
})
