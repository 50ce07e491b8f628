import { expect, test } from 'vitest'
import type { Delivery, Exchange } from '../model.ts'
import { evidenceMakers, visible } from './evidence.ts'

const make = evidenceMakers((text) => text.replaceAll('s3cret', '$KEY'))

const exchange: Exchange = {
  id: '1',
  operation: 'message.send',
  principal: 'sender',
  request: {
    method: 'POST',
    origin: 'https://api.test',
    path: '/v1/messages',
    headers: [['authorization', 'Bearer s3cret']],
    body: 'a\u001b[2Jb\rc',
  },
  response: { status: 500, headers: [], body: 'x'.repeat(100_000), truncated: false },
  failure: null,
  startedAt: 1,
  milliseconds: 1,
  answer: 'broken',
  result: null,
}

test('an exchange is redacted, bounded, and nothing in it steers a terminal', () => {
  const evidence = make.exchange(exchange)
  if (evidence.kind !== 'exchange') throw new Error(evidence.kind)
  expect(evidence.request).toBe(
    'POST https://api.test/v1/messages\nauthorization: Bearer $KEY\n\na\\x1b[2Jb\\rc',
  )
  expect(evidence.response.length).toBeLessThan(5000)
  expect(evidence.response).toMatch(/… cut: \d+ more characters$/)
})

test('what came to the callback is redacted too', () => {
  const headers = [['x-key', 's3cret']] as const
  expect(
    make.callback({
      method: 'POST',
      path: '/c',
      headers,
      body: '{"a": "s3cret"}',
      peer: '127.0.0.1:1',
      at: 7,
    }),
  ).toEqual({ kind: 'callback', request: 'POST /c\nx-key: $KEY\n\n{"a": "$KEY"}', at: 7 })
})

test('a token without a signature is cut where it was believed, and shows what it claims where it was not', () => {
  const token = `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"usr_1","tenant":"acme"}').toString('base64url')}.`
  const request = (answer: Exchange['answer'], sent = token) => {
    const evidence = make.exchange({
      ...{ ...exchange, answer },
      request: { ...exchange.request, headers: [['authorization', `Bearer ${sent}`]], body: null },
    })
    return evidence.kind === 'exchange' ? evidence.request.split('Bearer ')[1] : undefined
  }
  expect(request('refused')).toBe(token)
  expect(request('accepted')).toBe('eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1….')
  expect(request('accepted', token.slice(0, -1))).toBe('eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1…')
  expect(request('accepted', `${token}$CREDENTIAL`)).toBe(`${token}$CREDENTIAL`)
})

test('an excerpt shows the wire: what is a line there is a line, bare CR and LF show as such', () => {
  const delivery: Delivery = {
    id: '1',
    session: '1',
    personality: 'sound',
    host: null,
    peer: '127.0.0.1',
    helo: 'out.test',
    tls: null,
    envelope: { from: 'a@x.test', to: ['b@x.test'] },
    raw: Buffer.from('Subject: a\nBcc: c\r\n\r\nbody\r'),
    receivedAt: 1,
  }
  const evidence = make.delivery(delivery)
  expect(evidence).toMatchObject({ excerpt: 'Subject: a\\nBcc: c\n\nbody\\r' })
  const far = { ...delivery, raw: Buffer.from(`${'x'.repeat(50_000)}needle`) }
  expect(make.delivery(far, 'needle')).toMatchObject({ excerpt: expect.stringMatching(/^….*needle$/s) })
  // No half of it either.
  const edge = { ...delivery, raw: Buffer.from(`${'x'.repeat(50_000)}s3cret${'x'.repeat(1997)}needle`) }
  expect(make.delivery(edge, 'needle')).toMatchObject({ excerpt: expect.not.stringContaining('ret') })
})

test('of what is large no more is looked at than can be shown, and no half of a secret is', () => {
  let looked = 0
  const { delivery, exchange: shown } = evidenceMakers((text) => {
    looked = Math.max(looked, text.length)
    return text.replaceAll('s3cret', '$KEY')
  })
  const base = {
    id: '1',
    session: '1',
    personality: 'sound',
    host: null,
    peer: '',
    helo: '',
    tls: null,
  } as const
  const large = (raw: string): Delivery => ({
    ...{ ...base, envelope: { from: '', to: [] }, receivedAt: 1 },
    raw: Buffer.from(raw),
  })
  const secrets = 's3cret'.repeat(500_000)
  for (const [raw, around] of [
    [`${secrets}needle${secrets}`, 'needle'],
    [`x${secrets}needle${secrets}`, 'needle'],
    [`xxx${secrets}${'y'.repeat(3000)}needle`, 'needle'],
    [secrets, 'nowhere'],
  ] as const) {
    const evidence = delivery(large(raw), around)
    if (evidence.kind !== 'delivery') throw new Error(evidence.kind)
    expect(evidence.excerpt.includes('needle')).toBe(around === 'needle')
    expect(evidence.excerpt).not.toMatch(/s3|3c|cre|ret/)
  }
  expect(
    shown({ ...exchange, response: { status: 200, headers: [], body: secrets, truncated: false } }),
  ).toMatchObject({
    response: expect.stringMatching(/^200\n\n(\$KEY)+(\$|\$K|\$KE)?\n… cut: \d+ more characters$/),
  })
  expect(looked).toBeLessThan(300_000)
})

test('line feeds alone stay as they are', () => {
  expect(visible('a\r\nb\tc\u0085')).toBe('a\nb\\tc\\x85')
})
