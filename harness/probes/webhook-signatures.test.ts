import { expect, test } from 'vitest'
import type { WebhookScheme } from '../model.ts'
import {
  covers,
  isSignedBy,
  mostBits,
  readSigned,
  signatureOf,
  standardWebhooks,
  timeOf,
} from './webhook-signatures.ts'

// The vector of the reference libraries of Standard Webhooks.
const standard = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const headersOf = ({ id, timestamp, signature }: typeof standard) =>
  [
    ['Webhook-Id', id],
    ['Webhook-Timestamp', timestamp],
    ['Webhook-Signature', `v1,${signature}`],
  ] as const

// https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
const github: WebhookScheme = { headers: { 'X-Hub-Signature-256': 'sha256={signature}' }, message: '{body}' }
const ofGithub = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
const githubSecret = "It's a Secret to Everybody"

const stripe: WebhookScheme = {
  headers: { 'Stripe-Signature': 't={timestamp},v1={signature}' },
  message: '{timestamp}.{body}',
}
const mailgun: WebhookScheme = {
  body: { signature: 'signature.signature', timestamp: 'signature.timestamp', id: 'signature.token' },
  message: '{timestamp}{id}',
}

test('signatures are those of published vectors', () => {
  expect(signatureOf(standardWebhooks, standard.secret, standard)).toBe(standard.signature)
  expect(
    isSignedBy(standardWebhooks, standard.secret, { headers: headersOf(standard), body: standard.body }),
  ).toBe(true)
  const headers = [['x-hub-signature-256', `sha256=${ofGithub}`]] as const
  expect(isSignedBy(github, githubSecret, { headers, body: 'Hello, World!' })).toBe(true)
})

test.each([
  ['another body', { ...standard, body: '{"test": 2432232315}' }],
  ['another time', { ...standard, timestamp: '1614265331' }],
  ['another id', { ...standard, id: 'msg_q5jXN8AQM9LWM0D4loKWxJek' }],
  ['another secret', { ...standard, secret: 'whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
])('%s has another signature', (_, other) => {
  const posted = { headers: headersOf(other), body: other.body }
  expect(isSignedBy(standardWebhooks, other.secret, posted)).toBe(false)
})

test('any of several signatures is enough, in either order', () => {
  const { id, timestamp, body, secret, signature } = standard
  for (const all of [`v1,AAAA v1,${signature}`, `v1,${signature} v1a,BBBB v1,AAAA`]) {
    const headers = [
      ['webhook-id', id],
      ['webhook-timestamp', timestamp],
      ['webhook-signature', all],
    ] as const
    expect(isSignedBy(standardWebhooks, secret, { headers, body })).toBe(true)
  }
  const twice = [['stripe-signature', `t=1492774577,v1=aa,v1=bb,v0=cc`]] as const
  expect(readSigned(stripe, { headers: twice, body: '' })).toEqual({
    signatures: ['aa', 'bb'],
    timestamp: '1492774577',
    id: null,
  })
})

test('a signature may stand in the body', () => {
  const signature = signatureOf(mailgun, 'key', { id: 'tok', timestamp: '1529006854', body: '' })
  const body = JSON.stringify({ signature: { timestamp: 1529006854, token: 'tok', signature } })
  expect(isSignedBy(mailgun, 'key', { headers: [], body })).toBe(true)
  expect(readSigned(mailgun, { headers: [], body: 'no JSON' }).signatures).toEqual([])
})

test('what is not signed has no signature', () => {
  expect(readSigned(standardWebhooks, { headers: [], body: '' })).toEqual({
    signatures: [],
    timestamp: null,
    id: null,
  })
})

test('a scheme says what it covers', () => {
  const covered = (scheme: WebhookScheme) =>
    (['body', 'timestamp', 'id'] as const).filter((part) => covers(scheme, part))
  expect([standardWebhooks, github, stripe, mailgun].map(covered)).toEqual([
    ['body', 'timestamp', 'id'],
    ['body'],
    ['body', 'timestamp'],
    ['timestamp', 'id'],
  ])
})

test('times are read as they are written', () => {
  expect(timeOf(standardWebhooks, '1614265330')).toBe(1614265330000)
  expect(timeOf({ ...stripe, timestamp: 'milliseconds' }, '1614265330000')).toBe(1614265330000)
  expect(timeOf({ ...stripe, timestamp: 'iso' }, '2021-02-25T15:02:10Z')).toBe(1614265330000)
  expect(timeOf(standardWebhooks, 'today')).toBeNull()
})

test('a secret has no more bits than its length gives it', () => {
  expect(mostBits(standardWebhooks, standard.secret)).toBe(192)
  expect(mostBits(github, 'deadbeefdeadbeef')).toBe(64)
  expect(mostBits(github, 'Zk3_Zk3_Zk3_Zk3_Zk3_Zk3_')).toBe(144)
})
