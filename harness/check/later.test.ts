import { afterEach, expect, test, vi } from 'vitest'
import type { Exchange } from '../model.ts'
import { sendLater } from './later.ts'
import { sampleExchange } from './sample-kit.testing.ts'

afterEach(() => void vi.useRealTimers())

/** At a target whose clock is ahead by `skew`, a request of which waits for its turn; both in milliseconds. */
async function sentTo({ skew = 0, waits = 0, tellsTime = true, answer = 'invalid' as Exchange['answer'] }) {
  vi.useFakeTimers({ now: Date.parse('2026-11-26T12:00:00.500Z') })
  const asked: number[] = []
  const { exchange } = await sendLater(async (at) => {
    asked.push(Date.parse(at) - Date.now())
    vi.advanceTimersByTime(waits)
    const [startedAt, there] = [Date.now(), Date.now() + skew]
    const isPast = Date.parse(at) <= there
    const made = sampleExchange(isPast || answer === 'limited' ? answer : 'accepted')
    const headers = tellsTime ? [['date', new Date(there).toUTCString()] as const] : []
    const { response } = made
    return { exchange: { ...made, startedAt, response: response && { ...response, headers } } }
  })
  return { answer: exchange.answer, asked }
}

test('what leaves at once is sent for two seconds ahead', async () => {
  expect(await sentTo({})).toEqual({ answer: 'accepted', asked: [2000] })
})

test('what waited for its turn longer than that, or meets a clock that is ahead, is sent again for later', async () => {
  expect(await sentTo({ waits: 4000 })).toMatchObject({ answer: 'accepted', asked: [2000, 10_998] })
  expect(await sentTo({ waits: 4000, tellsTime: false })).toMatchObject({ answer: 'accepted' })
  expect(await sentTo({ skew: 5000 })).toMatchObject({ answer: 'accepted' })
})

test('what is refused for another reason is not sent again, nor for ever', async () => {
  expect(await sentTo({ answer: 'limited' })).toEqual({ answer: 'limited', asked: [2000] })
  expect(await sentTo({ skew: 3_600_000 })).toEqual({ answer: 'invalid', asked: [2000] })
  expect((await sentTo({ skew: 8000, tellsTime: false })).asked).toEqual([2000])
})
