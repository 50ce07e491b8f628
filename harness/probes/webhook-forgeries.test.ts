import { createHmac, timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import type { WebhookScheme } from '../model.ts'
import { forgeries, rightlySigned, type Signed, underAnotherId } from './webhook-forgeries.ts'
import { standardWebhooks } from './webhook-signatures.ts'

const body = JSON.stringify({ type: 'message.bounced', data: { recipient: 'ann@b.example' } })
const event = () => ({ id: 'evt_1', body, at: Date.now() })
const secrets = (own: string, second: string) => ({ own, second, foreign: null, endpoint: 'rly_0123456789' })

/** Of a request, what Node makes of it. */
function fieldsOf({ headers }: Signed): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    fields[key] = fields[key] === undefined ? value : `${fields[key]}, ${value}`
  }
  return fields
}

const hex = (key: string, content: string, hash = 'sha256') =>
  createHmac(hash, key).update(content).digest('hex')
const same = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
const isNow = (seconds: string) =>
  /^\d+$/.test(seconds) && Math.abs(Date.now() / 1000 - Number(seconds)) < 300

/** Schemes, each with a receiver that is as its provider describes one. */
const receivers: Record<
  string,
  { scheme: WebhookScheme; own: string; second: string; takes(signed: Signed, own: string): boolean }
> = {
  'Standard Webhooks, by its own library': {
    scheme: standardWebhooks,
    own: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    second: `whsec_${Buffer.alloc(24, 2).toString('base64')}`,
    takes(signed, own) {
      try {
        new Webhook(own).verify(signed.body, fieldsOf(signed))
        return true
      } catch {
        return false
      }
    },
  },
  'a time and a signature in one field': {
    scheme: { headers: { 'X-Signature': 't={timestamp},v1={signature}' }, message: '{timestamp}.{body}' },
    own: 'secret-of-one',
    second: 'secret-of-another',
    takes(signed, own) {
      const [, time = '', signature = ''] =
        /^t=(\d+),v1=(\w+)$/.exec(fieldsOf(signed)['x-signature'] ?? '') ?? []
      return isNow(time) && same(signature, hex(own, `${time}.${signed.body}`))
    },
  },
  'the body alone': {
    scheme: { headers: { 'X-Hub-Signature-256': 'sha256={signature}' }, message: '{body}' },
    own: 'secret-of-one',
    second: 'secret-of-another',
    takes: (signed, own) =>
      same(fieldsOf(signed)['x-hub-signature-256'] ?? '', `sha256=${hex(own, signed.body)}`),
  },
  'a token and a time in the body': {
    scheme: {
      body: { signature: 'signature.signature', timestamp: 'signature.timestamp', id: 'signature.token' },
      message: '{timestamp}{id}',
    },
    own: 'secret-of-one',
    second: 'secret-of-another',
    takes(signed, own) {
      const { signature: said } = JSON.parse(signed.body)
      const { timestamp = '', token = '', signature = '' } = said ?? {}
      return isNow(timestamp) && same(signature, hex(own, `${timestamp}${token}`))
    },
  },
}

test.each(Object.entries(receivers))('%s: what is right is taken, and no forgery is', (_, receiver) => {
  const { scheme, own, second, takes } = receiver
  const right = rightlySigned(scheme, own, event())
  expect(takes(right, own)).toBe(true)
  expect(JSON.parse(right.body)).toMatchObject(JSON.parse(body))
  const made = forgeries(scheme, secrets(own, second))
  expect(made.filter(({ make }) => takes(make(event()), own)).map(({ name }) => name)).toEqual([])
  // Each is a request that can be sent, and tells of the same event.
  for (const { name, make } of made) {
    const { headers, body: sent } = make(event())
    expect([name, JSON.parse(sent)]).toEqual([
      name,
      expect.objectContaining({ data: { recipient: 'ann@b.example' } }),
    ])
    for (const [field, value] of headers)
      expect([name, field, /^[\x20-\x7e]*$/.test(value)]).toEqual([name, field, true])
  }
  expect(new Set(made.map(({ name }) => name)).size).toBe(made.length)
})

test('events in a list are signed and forged alike', () => {
  const { takes, own, second, scheme } = receivers['the body alone'] as (typeof receivers)[string]
  const several = { ...event(), body: `[${body}]` }
  expect(takes(rightlySigned(scheme, own, several), own)).toBe(true)
  for (const { name, make } of forgeries(scheme, secrets(own, second)))
    expect([name, takes(make(several), own)]).toEqual([name, false])
})

const namesOf = (scheme: WebhookScheme) =>
  forgeries(scheme, { own: 'a', second: null, foreign: null, endpoint: null }).map(({ name }) => name)

test('what a scheme has no part for is not forged', () => {
  const ofBody = namesOf(receivers['the body alone']?.scheme as WebhookScheme)
  expect(ofBody.filter((name) => /time|id |case|secret of/.test(name))).toEqual([])
  expect(ofBody).toContain('a made-up signature of another version')
  const inBody = namesOf(receivers['a token and a time in the body']?.scheme as WebhookScheme)
  expect(inBody).toEqual(expect.arrayContaining(['no signature', 'an id that was changed', 'no time']))
  expect(inBody.filter((name) => /two|body|prefix|version|before that/.test(name))).toEqual([])
  expect(namesOf(standardWebhooks)).toEqual(
    expect.arrayContaining([
      ...[
        'two made-up signatures',
        'a signature without anything behind its prefix',
        'a body in other spacing',
      ],
      ...['a signature in the other case', 'an old time before that of now', 'an old time after that of now'],
    ]),
  )
})

test('the same event under another id', () => {
  const { scheme, own } = receivers['a token and a time in the body'] as (typeof receivers)[string]
  const again = underAnotherId(scheme, rightlySigned(scheme, own, event()), 'evt_2')
  expect(JSON.parse(again.body).signature.token).toBe('evt_2')
  const standard = underAnotherId(standardWebhooks, rightlySigned(standardWebhooks, own, event()), 'evt_2')
  expect(fieldsOf(standard)['webhook-id']).toBe('evt_2')
  expect(standard.body).toBe(body)
})
