import { byId, items, page, type Resource } from './resource.ts'
import { contentNames } from './template.ts'

const letter = {
  from: 'mailbox',
  to: 'mailboxes',
  cc: 'mailboxes',
  bcc: 'mailboxes',
  replyTo: 'mailbox',
  // The envelope sender.
  returnPath: 'text',
  subject: 'text',
  text: 'text',
  html: 'text',
  headers: 'fields',
  attachments: 'attachments',
  template: 'text',
  variables: 'fields',
  sendAt: 'time',
  tags: 'texts',
  idempotencyKey: 'text',
} as const

/** Mail that is sent. */
export const message = {
  words: ['message', 'email', 'mail', 'outboundemail', 'transmission', 'transactionalemail'],
  looseWords: ['notification'],
  named: 'id',
  verbs: {
    send: {
      effect: 'create',
      inputs: letter,
      results: { id: 'text', status: 'text' },
      essential: ['to'],
      sends: true,
      mailTo: ['to', 'cc', 'bcc'],
      sample: ({ mark, address }) => ({ to: address, subject: mark, text: `Hello ${mark}` }),
      calls: [
        ...['POST R', 'POST R/send', 'POST send', 'POST send/R', 'POST R/R', 'POST submit'],
        ...['POST transactional', 'POST tx', 'POST trigger', 'POST notify'],
      ],
    },
    // One id a message, in order; null for one that was refused.
    batch: {
      effect: 'create',
      inputs: { messages: 'messages', idempotencyKey: 'text' },
      results: { ids: 'list' },
      essential: ['messages'],
      sends: true,
      mailTo: ['messages'],
      sample: ({ mark, address }) => ({ messages: [{ to: address, subject: mark, text: `Hello ${mark}` }] }),
      calls: ['POST R/batch', 'POST R/bulk', 'POST batch', 'POST bulk'],
    },
    // A message that is composed already, for the recipients of an envelope.
    raw: {
      effect: 'create',
      inputs: { from: 'mailbox', to: 'mailboxes', raw: 'mime', idempotencyKey: 'text' },
      results: { id: 'text' },
      essential: ['to', 'raw'],
      sends: true,
      mailTo: ['to', 'raw'],
      sample: ({ mark, address, from }) => ({
        to: address,
        raw: Buffer.from(
          [`From: <${from}>`, `To: <${address}>`, `Subject: ${mark}`, '', 'Hello', ''].join('\r\n'),
        ).toString('base64'),
      }),
      calls: ['POST R/raw', 'POST R/mime', 'POST raw', 'POST send/raw'],
    },
    get: {
      effect: 'read',
      inputs: byId.inputs,
      results: { id: 'text', status: 'text', recipients: 'list' },
      calls: ['GET R/{}', 'GET R/{}/details', 'GET R/{}/status', 'GET status/{}'],
    },
    list: {
      effect: 'read',
      confides: true,
      inputs: { ...page, status: 'text' },
      results: items,
      calls: ['GET R', 'GET R/search', 'POST R/search', 'GET R/logs', 'GET events', 'GET status'],
    },
    preview: {
      effect: 'read',
      inputs: byId.inputs,
      results: { html: 'text' },
      calls: ['GET R/{}/preview', 'GET R/{}/html', 'GET R/{}/view', 'GET view/{}'],
    },
    cancel: {
      effect: 'change',
      ...byId,
      // What is sent at once changes by itself.
      onto: { sendAt: 'later' },
      calls: [
        ...['POST R/{}/cancel', 'PUT R/{}/cancel', 'DELETE R/{}/schedule', 'DELETE R/{}/cancel'],
        ...[
          'DELETE R/scheduled/{}',
          'DELETE R/schedules/{}',
          'DELETE outbound/{}',
          'DELETE outbox/{}',
          'DELETE queue/{}',
          'DELETE cancel/{}',
          'DELETE trigger/{}',
          'DELETE R/{}',
        ],
      ],
    },
  },
  otherNames: {
    inputs: {
      ...contentNames.inputs,
      from: ['sender', 'fromemail', 'fromaddress', 'fromemailaddress', 'senderemail', 'senderaddress'],
      to: ['recipients', 'recipient', 'toaddresses', 'toemails', 'toemail', 'toaddress', 'destinations'],
      cc: ['ccaddresses', 'ccemails'],
      bcc: ['bccaddresses', 'bccemails'],
      messages: ['emails', 'mails', 'messageversions'],
      raw: ['mime', 'mimemessage', 'rawmessage', 'rawemail', 'rawmime', 'message'],
      returnPath: ['bounceaddress', 'envelopefrom', 'envelopesender', 'mailfrom'],
      replyTo: ['replytoaddress', 'replytoaddresses', 'replytoemail', 'replytolist', 'replytoaddr'],
      headers: ['customheaders'],
      template: [
        ...['templateid', 'templatename', 'templatealias', 'templateuuid', 'templatekey'],
        ...['transactionalid', 'transactionalmessageid'],
      ],
      sendAt: ['scheduledat', 'deliverytime', 'deliverat', 'scheduledfor', 'schedule', 'sendtime'],
      subject: ['emailsubject', 'subjectline', 'messagesubject'],
      tags: ['categories'],
    },
    results: { html: contentNames.results.html, status: ['state'] },
  },
} as const satisfies Resource
