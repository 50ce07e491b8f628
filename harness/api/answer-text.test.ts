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

test('of a page its text is told, not the styles that it begins with', () => {
  const page = (body: string) =>
    `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Error</title>
<style type="text/css">${'body { margin: 0 } '.repeat(300)}</style><script>var a = '<b>'</script></head>
<body><!-- debug -->\n<pre>Cannot POST /v1/send</pre>${body}</body></html>`
  const said = (body: string) => answerText(answered(404, page(body), 'missing'), redact)
  expect(said('')).toBe('404 “Error Cannot POST /v1/send”')
  expect(said('<p>a-key-of-the-<b>sender</b> a-key-of-the-sender-that-is-long')).not.toContain('that-is-long')
  expect(said('x'.repeat(1_000_000)).length).toBeLessThan(320)
  expect(answerText(answered(500, '<html><style>body { margin: 0 }'), redact)).toBe('500')
  expect(answerText(answered(400, '<email> is no address'), redact)).toBe('400 “<email> is no address”')
  const hostile = answerText(answered(500, `<html>${'<!--'.repeat(20_000)}${'<'.repeat(200_000)}`), redact)
  expect(hostile.length).toBeLessThan(320)
})
