import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { MailpitClient } from 'mailpit-api'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, test as everywhere, expect } from 'vitest'
import { mailpitThatIsThere } from '../../fixtures/targets/mailpit-binary.ts'
import { testWith } from '../runner/parts.testing.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { startMailpit } from './real-mailpit.ts'

// One contract: what the embedded mailbox and a real Mailpit have in common, and where they differ.

type Running = Pick<Mailbox, 'url' | 'smtp' | 'close'>

const binary = await mailpitThatIsThere().catch(() => null)

const mailboxes = [
  {
    name: 'embedded mailbox',
    start: startMailbox as () => Promise<Running>,
    test: everywhere,
    differences: {
      version: 'embedded',
      'HTML check, link check, chaos': [404, 404, 404],
      'end of data at LF dot CR LF': false,
      'CR CR LF in a header': '\r\r\n',
      'fields that it adds': ['Received', 'Return-Path', 'Message-ID', 'Bcc'],
    },
  },
  {
    name: 'Mailpit',
    start: () => startMailpit(binary, ['--enable-chaos']),
    test: testWith('mailpit', binary === null ? 'no Mailpit' : null),
    differences: {
      version: expect.stringMatching(/^v1\./),
      'HTML check, link check, chaos': [200, 200, 200],
      'end of data at LF dot CR LF': true,
      'CR CR LF in a header': '\r\n',
      'fields that it adds': ['Bcc', 'Message-ID', 'Return-Path', 'Received'],
    },
  },
]

/** Sends these very bytes as the content of a message. */
async function submit({ smtp }: Running, content: string): Promise<void> {
  const socket = connect(smtp.port, smtp.host)
  const replies = createInterface(socket)[Symbol.asyncIterator]()
  const lines = [
    'EHLO x',
    'MAIL FROM:<f@example.test>',
    'RCPT TO:<a@example.test>',
    'DATA',
    `${content}\r\n.`,
  ]
  for (const line of ['', ...lines]) {
    if (line !== '') socket.write(`${line}\r\n`, 'latin1')
    for (let said = ''; !/^\d{3} /.test(said); ) said = (await replies.next()).value ?? '000 '
  }
  socket.destroy()
}

for (const { name, start, test, differences } of mailboxes)
  describe(name, () => {
    let mailbox: Running | undefined
    let client: MailpitClient
    let id: string
    const canary = `c${Math.random().toString(36).slice(2, 12)}`

    beforeAll(async () => {
      // The tests are skipped, or fail for it.
      if (name === 'Mailpit' && binary === null) return
      mailbox = await start()
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
    afterAll(() => mailbox?.close())

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

    for (const query of [
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
    ])
      test(`a search for ${query.replaceAll(canary, '…')} finds the one message`, async () => {
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
      expect(await (await client.getMessageAttachment(id, Attachments[0]?.PartID ?? '')).text()).toBe(
        'attached',
      )
      await expect(client.getMessageSummary('missing')).rejects.toThrow('404')
    })

    test('lists are newest first, and only what is named is deleted', async () => {
      const { messages } = await client.searchMessages({ query: `subject:${canary}` })
      expect(messages.map(({ Subject }) => Subject)).toEqual([`bare ${canary}`, `Grüße ${canary}`])
      const before = (await client.getInfo()).Messages
      await client.deleteMessages({ IDs: [messages[0]?.ID ?? ''] })
      expect((await client.getInfo()).Messages).toBe(before - 1)
      expect((await client.listMessages(0, 1)).messages[0]?.ID).toBe(id)
      expect((await fetch(`${mailbox?.url}/readyz`)).status).toBe(200)
    })

    test('where the two differ: nothing of it is to be relied on', async () => {
      if (mailbox === undefined) throw new Error('no mailbox')
      const head = 'From: f@example.test\r\n'
      const found = async (subject: string) => {
        const [message] = (await client.searchMessages({ query: `subject:${subject}-${canary}` })).messages
        return message?.ID ?? ''
      }
      await submit(mailbox, `Subject: dot-${canary}\r\n${head}\r\nbody\n.\r\nrest`)
      await submit(mailbox, `Subject: cr-${canary}\r\r\n${head}\r\nbody`)
      await submit(mailbox, `Subject: html-${canary}\r\n${head}Content-Type: text/html\r\n\r\n<p>words</p>`)
      const source = await client.getMessageSource(await found('cr'))
      const message = `/api/v1/message/${await found('html')}`
      const tools = [`${message}/html-check`, `${message}/link-check`, '/api/v1/chaos']
      const answers = await Promise.all(tools.map((tool) => fetch(`${mailbox?.url}${tool}`)))
      const added = [...source.matchAll(/^(Received|Return-Path|Message-ID|Bcc):/gm)]
      const { Text: ofDot } = await client.getMessageSummary(await found('dot'))
      expect({
        version: (await client.getInfo()).Version,
        'HTML check, link check, chaos': answers.map(({ status }) => status),
        'end of data at LF dot CR LF': !ofDot.includes('rest'),
        'CR CR LF in a header': /Subject: cr-\w+(\r*\n)/.exec(source)?.[1],
        'fields that it adds': added.map(([, field]) => field),
      }).toEqual(differences)
    })
  })
