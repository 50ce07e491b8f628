import { expect, test } from 'vitest'
import { type Scripted, withApi, zone } from '../api/recording-target.testing.ts'
import type { Input } from '../api/request.ts'
import type { OperationName } from './operations.ts'

// Answers as the vendors document them, and what our presets make of them.

const env = {
  SENDGRID_API_KEY: 'SG.12345678',
  MAILGUN_API_KEY: 'key-12345678',
  MAILGUN_DOMAIN: 'mg.shop.test',
  POSTMARK_SERVER_TOKEN: 'server-1234',
  POSTMARK_ACCOUNT_TOKEN: 'account-1234',
  RESEND_API_KEY: 're_12345678',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
  AWS_REGION: 'eu-west-1',
}
const letter = { to: `ann@inbox.sound.${zone}`, subject: 'Hi', text: 'Hello' }
const composed = { to: letter.to, raw: btoa('Subject: Hi\r\n\r\nHello\r\n') }
const errorType = (name: string): Scripted => ({
  status: 400,
  headers: { 'x-amzn-errortype': `${name}:http://internal.amazon.com/` },
  body: { message: 'no' },
})

type Reading = readonly [
  preset: string,
  operation: OperationName,
  input: Input,
  scripted: Scripted,
  expected: object,
]

const readings: Reading[] = [
  [
    'sendgrid',
    'message.send',
    letter,
    { status: 202, headers: { 'X-Message-Id': '14c5d75ce93' }, body: '' },
    { answer: 'accepted', result: { id: '14c5d75ce93' } },
  ],
  [
    'sendgrid',
    'message.get',
    { id: '14c5d75ce93' },
    {
      body: {
        messages: [
          { msg_id: '14c5d75ce93.dfd.64b469', status: 'delivered', to_email: 'a@shop.test', subject: 'Hi' },
        ],
      },
    },
    { answer: 'accepted', result: { id: '14c5d75ce93', status: 'delivered', recipients: ['a@shop.test'] } },
  ],
  ['sendgrid', 'message.get', { id: 'x' }, { body: { messages: [] } }, { answer: 'missing' }],
  [
    'sendgrid',
    'key.create',
    { name: 'k', scopes: ['mail.send'] },
    { status: 201, body: { api_key: 'SG.secret-1', api_key_id: 'xxxx', name: 'k', scopes: ['mail.send'] } },
    { answer: 'accepted', result: { id: 'xxxx', secret: 'SG.secret-1', scopes: ['mail.send'] } },
  ],
  [
    'sendgrid',
    'key.get',
    { id: 'xxxx' },
    { body: { result: [{ api_key_id: 'xxxx', name: 'k', scopes: ['a', 'b'] }] } },
    { answer: 'accepted', result: { id: 'xxxx', scopes: ['a', 'b'] } },
  ],
  [
    'sendgrid',
    'template.list',
    {},
    {
      body: {
        result: [{ id: 'd-1', name: 't' }],
        _metadata: { next: 'https://api.sendgrid.com/v3/templates?page_token=abc&page_size=200' },
      },
    },
    { answer: 'accepted', result: { items: [{ id: 'd-1', name: 't' }], next: 'abc' } },
  ],
  [
    'sendgrid',
    'domain.get',
    { id: '1' },
    {
      body: {
        id: 1,
        domain: 'shop.test',
        valid: false,
        dns: { mail_cname: { type: 'cname' }, dkim1: { type: 'cname' } },
      },
    },
    {
      answer: 'accepted',
      result: {
        id: '1',
        name: 'shop.test',
        verified: false,
        records: [{ type: 'cname' }, { type: 'cname' }],
      },
    },
  ],
  [
    'mailgun',
    'message.send',
    letter,
    { body: { id: '<2030.1@mg.shop.test>', message: 'Queued. Thank you.' } },
    { answer: 'accepted', result: { id: '2030.1@mg.shop.test', status: 'Queued. Thank you.' } },
  ],
  ['mailgun', 'message.get', { id: 'x' }, { body: { items: [] } }, { answer: 'missing' }],
  [
    'mailgun',
    'key.create',
    { name: 'k', scopes: ['sending'] },
    { body: { key: { id: 'k1', secret: 'secret-12', role: 'sending' }, message: 'great success' } },
    { answer: 'accepted', result: { id: 'k1', secret: 'secret-12', scopes: ['sending'] } },
  ],
  [
    'mailgun',
    'suppression.create',
    { email: 'a@example.com' },
    { body: { message: '1 address has been added' } },
    { answer: 'accepted', result: { email: 'a@example.com' } },
  ],
  [
    'postmark',
    'message.send',
    letter,
    { body: { ErrorCode: 0, Message: 'OK', MessageID: 'b7bc2f4a' } },
    { answer: 'accepted', result: { id: 'b7bc2f4a', status: 'OK' } },
  ],
  [
    'postmark',
    'message.send',
    letter,
    { status: 422, body: { ErrorCode: 400, Message: 'The Sender Signature was not found.' } },
    { answer: 'refused' },
  ],
  [
    'postmark',
    'message.send',
    letter,
    { status: 422, body: { ErrorCode: 300, Message: 'Invalid email request' } },
    { answer: 'invalid' },
  ],
  [
    'postmark',
    'suppression.create',
    { email: 'a@example.com' },
    { body: { Suppressions: [{ EmailAddress: 'a@example.com', Status: 'Failed' }] } },
    { answer: 'invalid' },
  ],
  [
    'postmark',
    'domain.create',
    { name: `new.${zone}` },
    {
      body: { ID: 7, DKIMPendingHost: 'pm._domainkey', DKIMPendingTextValue: 'k=rsa', ReturnPathDomain: '' },
    },
    {
      answer: 'accepted',
      result: { id: '7', records: [{ type: 'TXT', name: 'pm._domainkey', value: 'k=rsa' }] },
    },
  ],
  [
    'resend',
    'message.send',
    letter,
    { body: { id: '49a3999c' } },
    { answer: 'accepted', result: { id: '49a3999c' } },
  ],
  [
    'resend',
    'key.create',
    { name: 'k', scopes: ['sending_access'] },
    { status: 201, body: { id: 'dacf4072', token: 're_secret12' } },
    { answer: 'accepted', result: { id: 'dacf4072', secret: 're_secret12' } },
  ],
  [
    'resend',
    'domain.list',
    { limit: 1 },
    { body: { object: 'list', has_more: true, data: [{ id: 'd1', name: 'shop.test' }] } },
    { answer: 'accepted', result: { items: [{ id: 'd1', name: 'shop.test' }], next: 'd1' } },
  ],
  [
    'resend',
    'domain.list',
    {},
    { body: { object: 'list', has_more: false, data: [] } },
    { answer: 'accepted', result: { items: [] } },
  ],
  ['ses', 'message.send', letter, errorType('MessageRejected'), { answer: 'refused' }],
  ['ses', 'message.raw', composed, errorType('MessageRejected'), { answer: 'refused' }],
  [
    'ses',
    'message.raw',
    composed,
    { body: { MessageId: '0100' } },
    { answer: 'accepted', result: { id: '0100' } },
  ],
  [
    'mailgun',
    'message.raw',
    composed,
    { body: { id: '<1@mg.shop.test>', message: 'Queued. Thank you.' } },
    { answer: 'accepted', result: { id: '1@mg.shop.test' } },
  ],
  [
    'postmark',
    'message.batch',
    { messages: [letter, letter] },
    {
      body: [
        { ErrorCode: 0, Message: 'OK', MessageID: 'b7bc2f4a', To: 'a@shop.test' },
        { ErrorCode: 406, Message: 'Bad news' },
      ],
    },
    { answer: 'accepted', result: { ids: ['b7bc2f4a', null] } },
  ],
  [
    'resend',
    'message.batch',
    { messages: [letter, letter] },
    { body: { data: [{ id: 'ae2014de' }, { id: 'faccb7a5' }] } },
    { answer: 'accepted', result: { ids: ['ae2014de', 'faccb7a5'] } },
  ],
  ['ses', 'message.send', letter, errorType('LimitExceededException'), { answer: 'limited' }],
  ['ses', 'message.send', letter, errorType('BadRequestException'), { answer: 'invalid' }],
  [
    'ses',
    'domain.create',
    { name: `new.${zone}` },
    { body: { IdentityType: 'DOMAIN', DkimAttributes: { Tokens: ['t1'] } } },
    {
      answer: 'accepted',
      result: {
        id: `new.${zone}`,
        records: [{ type: 'CNAME', name: `t1._domainkey.new.${zone}`, value: 't1.dkim.amazonses.com' }],
      },
    },
  ],
]

test.each(readings)('%s answers %s', async (preset, operation, input, scripted, expected) => {
  const profile = `extends: preset:${preset}\nmail: {from: qa@shop.test, domains: [shop.test], submission: null}`
  await withApi({ profile, env, answer: () => scripted }, async ({ api }) => {
    const { answer, result } = await api.call(operation, input)
    expect(result === null ? { answer } : { answer, result }).toEqual(expected)
    if (typeof result?.['secret'] === 'string') expect(api.redact(result['secret'])).not.toContain('secret')
  })
})
