import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import { Unproven } from '../verdicts.ts'
import { guessUntilThrottled, throttledByHttp, throttledBySmtp } from './guessing.ts'

const exchange = (answer: Answer, milliseconds = 20) => ({ ...sampleExchange(answer), milliseconds })

test.each<[Answer, number, boolean]>([
  ['refused', 20, false],
  ['refused', 5001, true],
  ['limited', 20, true],
])('an HTTP guess that was %s in %d ms: held back is %s', async (answer, milliseconds, throttled) => {
  const { kit } = sampleKit()
  expect(await throttledByHttp(kit, Promise.resolve(exchange(answer, milliseconds)))).toBe(throttled)
})

test('an error of the target says nothing of a guess', async () => {
  const { kit } = sampleKit()
  await expect(throttledByHttp(kit, Promise.resolve(exchange('broken')))).rejects.toThrow(Unproven)
})

const submission = (signIn: () => Promise<unknown>) =>
  sampleKit({ submission: { ports: [{}] as never, signIn: signIn as never } }).kit

test.each<[Answer, boolean]>([
  ['refused', false],
  ['limited', true],
  ['broken', true],
])('an SMTP guess that was %s: held back is %s', async (answer, throttled) => {
  let closed = 0
  const kit = submission(async () => ({ exchange: exchange(answer), close: () => closed++ }))
  expect(await throttledBySmtp(kit, 'wrong')).toBe(throttled)
  expect(closed).toBe(1)
})

test('a server that hangs up holds back, and a fault of ours does not', async () => {
  const hungUp = submission(() => Promise.reject(new SmtpFailure('unreachable', 'hung up')))
  expect(await throttledBySmtp(hungUp, 'wrong')).toBe(true)
  const fault = submission(() => Promise.reject(new TypeError('bug')))
  await expect(throttledBySmtp(fault, 'wrong')).rejects.toThrow('bug')
})

test('guessing goes by tens that are sent together, and ends with the first that is held back, or when there were enough', async () => {
  const tens: number[] = []
  const reach = {
    together<T>(count: number, work: () => Promise<T>) {
      tens.push(count)
      return work()
    },
  }
  let made = 0
  const after = (limit: number) => async () => ++made > limit
  expect(await guessUntilThrottled(reach, after(25))).toEqual({ guesses: 30, heldBack: true })
  expect(tens).toEqual([10, 10, 10])
  made = 0
  expect(await guessUntilThrottled(reach, after(1000))).toEqual({ guesses: 120, heldBack: false })
})
