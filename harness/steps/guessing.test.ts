import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import { Unproven } from '../verdicts.ts'
import { type Guessed, guessedByHttp, guessedBySmtp, guessUntilThrottled, waysToGuess } from './guessing.ts'

const exchange = (answer: Answer, milliseconds = 20) => ({ ...sampleExchange(answer), milliseconds })

test.each<[Answer, number, Guessed]>([
  ['refused', 20, 'looked at'],
  ['refused', 5001, 'late'],
  ['limited', 20, 'held back'],
])('an HTTP guess that was %s in %d ms was %s', (answer, milliseconds, guessed) => {
  expect(guessedByHttp(sampleKit().kit, exchange(answer, milliseconds))).toBe(guessed)
})

test('an error of the target says nothing of a guess', () => {
  expect(() => guessedByHttp(sampleKit().kit, exchange('broken'))).toThrow(Unproven)
})

test('late answers are a tarpit where one guess by itself is late and other calls are not', async () => {
  const judged = async (alone: number, other: number) => {
    const times: Record<string, number> = { 'session.create': alone, 'principal.get': other }
    const { kit } = sampleKit({ call: (operation) => exchange('refused', times[operation]) })
    const [way] = waysToGuess(kit, { email: 'a@b.test', password: 'right' })
    return way?.isTarpit().catch((error: Error) => error.name)
  }
  expect(await judged(6000, 20)).toBe(true)
  expect(await judged(600, 20)).toBe(false)
  expect(await judged(6000, 6000)).toBe('Unproven')
})

const submission = (signIn: () => Promise<unknown>) =>
  sampleKit({ submission: { ports: [{}] as never, signIn: signIn as never } }).kit

test.each<[Answer, Guessed]>([
  ['refused', 'looked at'],
  ['limited', 'held back'],
  ['broken', 'held back'],
])('an SMTP guess that was %s was %s', async (answer, guessed) => {
  let closed = 0
  const kit = submission(async () => ({ exchange: exchange(answer), close: () => closed++ }))
  expect(await guessedBySmtp(kit, 'wrong')).toBe(guessed)
  expect(closed).toBe(1)
})

test('a server that hangs up holds back, and a fault of ours does not', async () => {
  const hungUp = submission(() => Promise.reject(new SmtpFailure('unreachable', 'hung up')))
  expect(await guessedBySmtp(hungUp, 'wrong')).toBe('held back')
  const fault = submission(() => Promise.reject(new TypeError('bug')))
  await expect(guessedBySmtp(fault, 'wrong')).rejects.toThrow('bug')
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
  const after = (limit: number, then: Guessed) => ({
    guess: async () => (++made > limit ? then : 'looked at'),
    isTarpit: async () => made > 45,
  })
  expect(await guessUntilThrottled(reach, after(25, 'held back'))).toEqual({ guesses: 30, heldBack: true })
  expect(tens).toEqual([10, 10, 10])
  made = 0
  expect(await guessUntilThrottled(reach, after(25, 'late'))).toEqual({ guesses: 50, heldBack: true })
  made = 0
  expect(await guessUntilThrottled(reach, after(1000, 'late'))).toEqual({ guesses: 120, heldBack: false })
})
