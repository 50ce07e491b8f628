import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import libmime from 'libmime'
import { MailpitClient } from 'mailpit-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailpitThatIsThere } from '../../fixtures/targets/mailpit-binary.ts'
import { field, withApi, withApiOf, zone } from '../api/recording-target.testing.ts'
import { testWith } from '../runner/parts.testing.ts'
import { startMailpit } from '../sandbox/real-mailpit.ts'

// Against programs of others that run here: a local Amazon SES, and Mailpit.

const at = (name: string) => `${name}@inbox.sound.${zone}`
const letter = {
  from: { email: 'shop@shop.test', name: 'Shop' },
  to: [{ email: at('ann'), name: 'Ann "Annie" Example' }],
  cc: [{ email: at('carol') }],
  bcc: [{ email: at('dave') }],
  replyTo: { email: 'help@shop.test', name: 'Help' },
  subject: 'Grüße 🎉',
  text: 'Hello Ann',
  html: '<p>Hello Ann</p>',
  headers: { 'X-Campaign': 'spring' },
  attachments: [{ filename: 'a.txt', contentType: 'text/plain', content: 'aGVsbG8=' }],
}

const amazon = {
  profile: 'extends: preset:ses\nmail: {from: shop@shop.test, domains: [shop.test]}',
  env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', AWS_REGION: 'eu-west-1' },
}
// A CommonJS module with a member `default`, which a default import finds in some runtimes alone.
const { default: startSes } = createRequire(import.meta.url)('aws-ses-v2-local') as {
  default: (places: { host: string; port: number }) => Promise<Server>
}
let ses: Server
let url = ''

beforeAll(async () => {
  ses = await startSes({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(ses.address() as AddressInfo).port}`
})
afterAll(async () => {
  const closed = once(ses, 'close')
  ses.close()
  ses.closeAllConnections()
  await closed
})

test('a local Amazon SES takes a signed message, and none from nobody', async () => {
  await withApiOf(url, amazon, async ({ api }) => {
    const accepted = await api.call('message.send', letter)
    expect(accepted.answer).toBe('accepted')
    expect((await api.call('message.send', letter, null)).answer).toBe('refused')
    const { emails } = (await (await fetch(`${url}/store`)).json()) as { emails: unknown[] }
    expect(emails).toEqual([
      expect.objectContaining({
        messageId: accepted.result?.['id'],
        from: '"Shop" <shop@shop.test>',
        replyTo: ['"Help" <help@shop.test>'],
        destination: {
          to: [String.raw`"Ann \"Annie\" Example" <${at('ann')}>`],
          cc: [at('carol')],
          bcc: [at('dave')],
        },
        subject: letter.subject,
        body: { html: letter.html, text: letter.text },
        headers: [{ name: 'X-Campaign', value: 'spring' }],
        attachments: [expect.objectContaining({ filename: 'a.txt', content: 'aGVsbG8=' })],
      }),
    ])
  })
})

test('a template of a local Amazon SES is made, shown, changed, sent by and taken away', async () => {
  await withApiOf(url, amazon, async ({ api }) => {
    const content = { subject: 'Hello {{name}}', html: '<p>{{name}}</p>', text: '{{name}}' }
    const made = await api.call('template.create', { name: 'welcome', ...content })
    expect(made.result).toEqual({ id: 'welcome' })
    const id = 'welcome'
    expect((await api.call('template.list')).result).toEqual({ items: [{ id, name: id }] })
    const changed = { ...content, subject: 'Hi {{name}}' }
    expect((await api.call('template.update', { id, ...changed })).answer).toBe('accepted')
    expect((await api.call('template.get', { id })).result).toEqual({ id, name: id, ...changed })
    const sent = await api.call('message.send', {
      to: at('bob'),
      template: id,
      variables: { name: 'Bob' },
    })
    const { emails } = (await (await fetch(`${url}/store`)).json()) as { emails: object[] }
    expect(emails).toContainEqual(
      expect.objectContaining({ messageId: sent.result?.['id'], subject: 'Hi Bob', from: 'shop@shop.test' }),
    )
    expect((await api.call('template.delete', { id })).answer).toBe('accepted')
    expect((await api.call('template.get', { id })).answer).toBe('missing')
  })
})

test('to Amazon SES a name beyond ASCII goes as an encoded word', async () => {
  await withApi(amazon, async ({ api, requests }) => {
    const names = ["Ännchen_(O'Neil)~*.!-x", '日本 "語"', 'plain']
    await api.call('message.send', { to: names.map((name) => ({ email: at('ann'), name })), subject: 'x' })
    const { Destination } = JSON.parse(Buffer.from(requests[0]?.body ?? '', 'latin1').toString())
    const written: string[] = Destination.ToAddresses
    expect(written.join('')).toMatch(/^[\x20-\x7e]*$/)
    const words = written.map((address) => address.slice(0, address.indexOf(' <')))
    // RFC 2047 §5 (3): what may stand in a phrase.
    for (const word of words.slice(0, 2)) expect(word).toMatch(/^=\?UTF-8\?Q\?[A-Za-z0-9!*+/=_-]+\?=$/)
    expect(words.map((word) => libmime.decodeWords(word))).toEqual([...names.slice(0, 2), '"plain"'])
    expect(field(requests[0], 'authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//)
  })
})

const binary = await mailpitThatIsThere().catch(() => null)
const mailpitTest = testWith('mailpit', binary === null ? 'no Mailpit' : null)

mailpitTest('a message that Mailpit takes is there, and is found again', async () => {
  const mailpit = await startMailpit(binary)
  try {
    const profile = 'extends: preset:mailpit\nmail: {from: shop@shop.test, recipients: {route: relay}}'
    await withApiOf(mailpit.url, { profile }, async ({ api }) => {
      const sent = await api.call('message.send', { ...letter, tags: ['spring'] })
      expect(sent.answer).toBe('accepted')
      const id = String(sent.result?.['id'])
      expect((await api.call('message.get', { id })).result).toEqual({ id })
      const found = await api.call('message.list', { search: 'tag:spring' })
      expect(found.result).toEqual({ items: [{ id, subject: letter.subject }] })
      expect((await api.call('message.list')).answer).toBe('invalid')
      expect((await api.call('analytics.get')).result?.['counts']).toMatchObject({ Messages: 1 })
      const client = new MailpitClient(mailpit.url)
      const message = await client.getMessageSummary(id)
      expect(message).toMatchObject({
        From: { Name: 'Shop', Address: 'shop@shop.test' },
        To: [{ Name: 'Ann "Annie" Example', Address: at('ann') }],
        Cc: [{ Name: '', Address: at('carol') }],
        Bcc: [{ Address: at('dave') }],
        ReplyTo: [{ Name: 'Help', Address: 'help@shop.test' }],
        Subject: letter.subject,
        HTML: letter.html,
        Tags: ['spring'],
        Attachments: [{ FileName: 'a.txt', ContentType: 'text/plain', Size: 5 }],
      })
      expect(message.Text.trim()).toBe(letter.text)
      expect(await client.getMessageSource(id)).toMatch(/^X-Campaign: spring\r?$/m)
    })
  } finally {
    await mailpit.close()
  }
})
