import { expect, test } from 'vitest'
import { createRedactor } from '../profile/redact.ts'
import { type Answered, answerText } from './answer-text.ts'

const { redact } = createRedactor([{ name: 'KEY', value: 'a-key-of-the-sender-that-is-long' }])

function answered(status: number, body: string, answer: Answered['answer'] = 'refused'): Answered {
  return { response: { status, headers: [], body, truncated: false }, failure: null, answer }
}

test('a refusal says why, on one line', () => {
  const said = answerText(answered(403, '{\n  "message": "the domain is not verified"\n}\n'), redact)
  expect(said).toBe('403 “{ "message": "the domain is not verified" }”')
  for (const nothing of [' \n', '{}', '[]']) expect(answerText(answered(403, nothing), redact)).toBe('403')
})

test('a yes tells its status alone: what is in it is the users’', () => {
  expect(answerText(answered(200, '{"email": "ann@customer.test"}', 'accepted'), redact)).toBe('200')
})

test('an answer that did not come says why', () => {
  expect(answerText({ response: null, failure: 'ECONNREFUSED' }, redact)).toBe('ECONNREFUSED')
})

test('however long an answer is, a sentence is made of it, and of a secret at the cut not even half', () => {
  for (const before of [0, 270, 290, 299]) {
    const body = `${'x'.repeat(before)} a-key-of-the-sender-that-is-long ${'y'.repeat(1_000_000)}`
    const said = answerText(answered(500, body, 'broken'), redact)
    expect(said.length).toBeLessThan(320)
    expect(said).not.toContain('a-k')
    expect(said).toMatch(/…”$/)
  }
  expect(answerText(answered(400, `${'x'.repeat(299)}😀`), redact).isWellFormed()).toBe(true)
})
