import { MailpitClient } from 'mailpit-api'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Mailbox, startMailbox } from './mailbox.ts'

// With MAILPIT_URL and MAILPIT_SMTP (host:port) the same questions go to a real Mailpit.
const real = process.env['MAILPIT_URL']
const [realHost = '', realPort = ''] = (process.env['MAILPIT_SMTP'] ?? '').split(':')
let mailbox: Pick<Mailbox, 'url' | 'smtp' | 'close'>
let client: MailpitClient
let id: string
const canary = `c${Math.random().toString(36).slice(2, 12)}`

beforeAll(async () => {
  mailbox = real
    ? { url: real, smtp: { host: realHost, port: Number(realPort) }, close: async () => {} }
    : await startMailbox()
  client = new MailpitClient(mailbox.url)
  const transport = createTransport({ ...mailbox.smtp, ignoreTLS: true })
  await transport.sendMail({
    envelope: { from: 'bounce@example.test', to: [`ann-${canary}@example.test`, 'hidden@example.test'] },
    from: '"A. Sender" <sender@example.test>',
    to: `Ann <ann-${canary}@example.test>`,
    replyTo: 'reply@example.test',
    subject: `Grüße ${canary}`,
    messageId: `<${canary}@example.test>`,
    text: 'plain words here',
    html: '<p>rich <b>words</b></p>',
    attachments: [{ filename: 'a.txt', content: 'attached', contentType: 'text/plain' }],
  })
  await transport.sendMail({
    from: 'other@example.test',
    to: 'bob@example.test',
    subject: `bare ${canary}`,
    text: 'x',
  })
  id = (await client.searchMessages({ query: `message-id:${canary}@example.test` })).messages[0]?.ID ?? ''
})
afterAll(() => mailbox.close())

test('the summary holds both bodies, the people, the attachment, and envelope-only recipients under Bcc', async () => {
  expect(await client.getMessageSummary(id)).toMatchObject({
    ID: id,
    MessageID: `${canary}@example.test`,
    From: { Name: 'A. Sender', Address: 'sender@example.test' },
    To: [{ Name: 'Ann', Address: `ann-${canary}@example.test` }],
    Cc: [],
    Bcc: [{ Name: '', Address: 'hidden@example.test' }],
    ReplyTo: [{ Name: '', Address: 'reply@example.test' }],
    ReturnPath: 'bounce@example.test',
    Subject: `Grüße ${canary}`,
    Text: expect.stringContaining('plain words here'),
    HTML: expect.stringContaining('<b>words</b>'),
    Inline: [],
    Attachments: [{ FileName: 'a.txt', ContentType: 'text/plain', Size: 8 }],
  })
})

test.each([
  `to:ann-${canary}`,
  `TO:ANN-${canary.toUpperCase()}@EXAMPLE.TEST`,
  `from:sender@example.test ${canary}`,
  `subject:"Grüße ${canary}"`,
  `message-id:${canary}@example.test`,
  `"rich words" ${canary}`,
  `bcc:hidden@example.test ${canary}`,
  `addressed:reply@example.test subject:${canary}`,
  `has:attachment subject:${canary}`,
  `subject:${canary} -from:other@example.test`,
  `subject:${canary} !bare`,
])('a search for %s finds the one message', async (query) => {
  const found = await client.searchMessages({ query })
  expect(found.messages.map(({ ID }) => ID)).toEqual([id])
  expect(found.messages_count).toBe(1)
})

test('headers, source, views and parts', async () => {
  const headers = await client.getMessageHeaders(id)
  expect(headers['Message-Id']).toEqual([`<${canary}@example.test>`])
  expect(headers['Return-Path']).toEqual(['<bounce@example.test>'])
  expect(await client.getMessageSource(id)).toContain('Content-Type: multipart/mixed')
  expect(await client.renderMessageHTML(id)).toContain('<p>rich <b>words</b></p>')
  expect(await client.renderMessageText(id)).toContain('plain words here')
  const { Attachments } = await client.getMessageSummary(id)
  expect(await (await client.getMessageAttachment(id, Attachments[0]?.PartID ?? '')).text()).toBe('attached')
  await expect(client.getMessageSummary('missing')).rejects.toThrow('404')
})

test('lists are newest first, and only what is named is deleted', async () => {
  const { messages } = await client.searchMessages({ query: `subject:${canary}` })
  expect(messages.map(({ Subject }) => Subject)).toEqual([`bare ${canary}`, `Grüße ${canary}`])
  const before = (await client.getInfo()).Messages
  await client.deleteMessages({ IDs: [messages[0]?.ID ?? ''] })
  expect((await client.getInfo()).Messages).toBe(before - 1)
  expect((await client.listMessages(0, 1)).messages[0]?.ID).toBe(id)
  expect((await fetch(`${mailbox.url}/readyz`)).status).toBe(200)
})
