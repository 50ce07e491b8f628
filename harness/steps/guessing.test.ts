import { expect, test, vi } from 'vitest'
import { evidenceMakers } from '../check/evidence.ts'
import type { Submission } from '../check/submission.ts'
import type { Answer, Exchange } from '../model.ts'
import type { SmtpClient } from '../probes/smtp.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import { type Guess, guessByHttp, guessBySmtp, guessUntilThrottled } from './guessing.ts'

const answered = vi.fn()
const by = (connectSecurely: Submission['connectSecurely']) => ({
  api: { curl: () => 'curl' },
  evidence: evidenceMakers((text) => text),
  submission: { connectSecurely, user: 'ann', ports: [] as const } as unknown as Submission,
  verify: { answered },
})

const unused = by(() => Promise.reject(new Error('no SMTP here')))

const exchange = (answer: Answer, milliseconds: number) =>
  ({ answer, milliseconds, request: { headers: [], body: null }, response: null }) as unknown as Exchange

test.each<[Answer, number, boolean]>([
  ['refused', 20, false],
  ['refused', 5001, true],
  ['limited', 20, true],
])('an HTTP guess that was %s in %d ms: held back is %s', async (answer, milliseconds, throttled) => {
  answered.mockClear()
  const guess = await guessByHttp(unused, async () => exchange(answer, milliseconds))
  expect(guess).toMatchObject({ throttled, reproduce: 'curl' })
  expect(answered).toHaveBeenCalledTimes(answer === 'limited' ? 0 : 1)
})

test.each([
  [535, false],
  [454, true],
  [421, true],
  [0, true],
])('an SMTP guess that was answered %d: held back is %s', async (code, throttled) => {
  const close = vi.fn()
  const session = { auth: async () => ({ code }), close, transcript: [], tls: null } as unknown as SmtpClient
  expect(
    await guessBySmtp(
      by(async () => session),
      'wrong',
    ),
  ).toMatchObject({ throttled })
  expect(close).toHaveBeenCalledOnce()
})

test('a server that hangs up holds back, and a fault of ours does not', async () => {
  const hungUp = by(() => Promise.reject(new SmtpFailure('unreachable', 'hung up')))
  expect(await guessBySmtp(hungUp, 'wrong')).toMatchObject({ throttled: true })
  await expect(guessBySmtp(unused, 'wrong')).rejects.toThrow('no SMTP here')
})

test('guessing ends with the first that is held back, or when there were enough', async () => {
  let made = 0
  const after = (limit: number) => async () => ({ throttled: ++made > limit }) as Guess
  expect(await guessUntilThrottled(after(25))).toHaveLength(30)
  made = 0
  expect(await guessUntilThrottled(after(1000))).toHaveLength(120)
})
