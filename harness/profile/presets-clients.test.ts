/**
 * The vendors' own clients and our presets are given the same message; what each sends is recorded on loopback and compared
 * field by field. Where they may differ, `apart` says in what and why.
 */
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import sendgrid from '@sendgrid/mail'
import Mailgun from 'mailgun.js'
import { ServerClient } from 'postmark'
import { Resend } from 'resend'
import { expect, test } from 'vitest'
import { field, type Recorded, startRecordingTarget, withApi, zone } from '../api/recording-target.testing.ts'
import type { Input } from '../api/request.ts'
import type { OperationName } from './operations.ts'

const at = (name: string) => `${name}@inbox.sound.${zone}`
const content = {
  text: Buffer.from('Grüße aus dem Anhang\r\n').toString('base64'),
  bytes: Buffer.from([0, 255, 13, 10, 46, 13, 10, 128]).toString('base64'),
}

/** Everything that ours can carry. */
const rich = {
  from: { email: 'shop@shop.test', name: 'Shop' },
  to: [{ email: at('ann'), name: 'Ann "Annie" Example' }, { email: at('bob') }],
  cc: [{ email: at('carol'), name: 'Carol' }],
  bcc: [{ email: at('dave') }],
  replyTo: { email: 'help@shop.test', name: 'Help, Desk' },
  subject: 'Grüße 🎉',
  text: 'Hello\r\nAnn',
  html: '<p>Hello &amp; ünï</p>',
  headers: { 'X-Campaign': 'spring', 'X-Order': 'a "7"' },
  attachments: [
    { filename: 'menü.txt', contentType: 'text/plain', content: content.text },
    { filename: 'blob.bin', contentType: 'application/octet-stream', content: content.bytes },
  ],
}
const tags = ['spring', 'sale']
const sendAt = '2030-01-05T06:07:08Z'
const templated = {
  from: rich.from,
  to: [{ email: at('ann') }],
  template: 'welcome',
  variables: { name: 'Ann', order: { number: 7 } },
}

const raw = `From: shop@shop.test\r\nTo: ${at('ann')}\r\nSubject: Hi\r\n\r\nHello\r\n`
const wholeMessage = { to: [at('ann'), at('bob')], raw: Buffer.from(raw).toString('base64') }

/** As the clients want addresses that are one text: RFC 5322 §3.4. */
const mailbox = ({ email, name }: { email: string; name?: string }) =>
  name === undefined ? email : `"${name.replace(/["\\]/g, '\\$&')}" <${email}>`
const bytesOf = ({ content: base64 }: { content: string }) => Buffer.from(base64, 'base64')

type Sent = Readonly<Record<string, unknown>>

/** What the client sends to a vendor that says yes. */
async function byClient(send: (url: string) => Promise<unknown>, answer: unknown): Promise<Sent> {
  const target = await startRecordingTarget(() => ({ body: answer }))
  try {
    await send(target.url)
  } finally {
    await target.close()
  }
  expect(target.requests).toHaveLength(1)
  return decoded(target.requests[0])
}

async function byPreset(
  preset: string,
  env: Record<string, string>,
  input: Input,
  operation: OperationName = 'message.send',
): Promise<Sent> {
  let sent: Sent = {}
  const profile = `extends: preset:${preset}\nmail: {from: shop@shop.test, domains: [shop.test], submission: null}`
  await withApi({ profile, env }, async ({ api, requests }) => {
    expect(
      Object.keys(input).filter((name) => !api.profile.operations[operation]?.inputs.has(name)),
      'inputs that it cannot carry',
    ).toEqual([])
    await api.call(operation, input)
    sent = await decoded(requests[0])
  })
  return sent
}

/** Method, path, what it authenticates with, and the body without what its encoding leaves open. */
async function decoded(request: Recorded | undefined): Promise<Sent> {
  const type = field(request, 'content-type') ?? ''
  return {
    method: request?.method,
    path: request?.path,
    authorization: field(request, 'authorization') ?? field(request, 'x-postmark-server-token'),
    type: type.split(';')[0],
    body: await bodyOf(Buffer.from(request?.body ?? '', 'latin1'), type),
  }
}

async function bodyOf(bytes: Buffer, type: string): Promise<unknown> {
  if (type.startsWith('application/json')) return JSON.parse(bytes.toString('utf8'))
  const fields: Record<string, unknown[]> = {}
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  for (const [name, value] of form.entries())
    fields[name] = [...(fields[name] ?? []), typeof value === 'string' ? value : await file(value)]
  return fields
}

async function file(part: File): Promise<unknown> {
  const bytes = Buffer.from(await part.arrayBuffer())
  return { filename: part.name, type: part.type, bytes: bytes.toString('base64') }
}

test('SendGrid', async () => {
  const env = { SENDGRID_API_KEY: `SG.${'k'.repeat(66)}` }
  const client = async (url: string, data: object) => {
    sendgrid.setApiKey(env.SENDGRID_API_KEY)
    const { client } = sendgrid as unknown as {
      client: { setDefaultRequest(name: string, value: string): void }
    }
    client.setDefaultRequest('baseUrl', url)
    await sendgrid.send({ from: rich.from, to: rich.to, subject: '', text: '', ...data })
  }
  const whole = {
    ...rich,
    categories: tags,
    sendAt: Date.parse(sendAt) / 1000,
    attachments: rich.attachments.map(({ contentType, ...rest }) => ({
      ...rest,
      type: contentType,
      disposition: 'attachment',
    })),
  }
  expect(await byPreset('sendgrid', env, { ...rich, tags, sendAt })).toEqual(
    await byClient((url) => client(url, whole), {}),
  )
  // What begins with d- is a dynamic template, to the client too; those are what the preset makes and fills in.
  const { template: _, variables, ...rest } = templated
  const byTemplate = { ...rest, subject: undefined, text: undefined, templateId: 'd-1234' }
  expect(await byPreset('sendgrid', env, { ...templated, template: 'd-1234' })).toEqual(
    await byClient((url) => client(url, { ...byTemplate, dynamicTemplateData: variables }), {}),
  )
})

test('Mailgun', async () => {
  const env = { MAILGUN_API_KEY: `key-${'1'.repeat(32)}`, MAILGUN_DOMAIN: 'mg.shop.test' }
  const client =
    (data: Parameters<ReturnType<Mailgun['client']>['messages']['create']>[1]) => (url: string) =>
      new Mailgun(FormData)
        .client({ username: 'api', key: env.MAILGUN_API_KEY, url, useFetch: true })
        .messages.create(env.MAILGUN_DOMAIN, data)
  const answer = { id: '<1@mg.shop.test>', message: 'Queued' }
  const { replyTo, headers, attachments, ...rest } = rich
  const whole = {
    ...rest,
    from: mailbox(rich.from),
    to: rich.to.map(mailbox),
    cc: rich.cc.map(mailbox),
    bcc: rich.bcc.map(mailbox),
    'h:Reply-To': mailbox(replyTo),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`h:${name}`, value])),
    'o:tag': tags,
    'o:deliverytime': 'Sat, 05 Jan 2030 06:07:08 +0000',
    attachment: attachments.map(
      ({ filename, contentType: type, ...attachment }) => new File([bytesOf(attachment)], filename, { type }),
    ),
  }
  expect(await byPreset('mailgun', env, { ...rich, tags, sendAt })).toEqual(
    await byClient(client(whole), answer),
  )
  const { template, variables, to, from } = templated
  const byTemplate = {
    from: mailbox(from),
    to: to.map(mailbox),
    template,
    't:variables': JSON.stringify(variables),
  }
  expect(await byPreset('mailgun', env, templated)).toEqual(await byClient(client(byTemplate), answer))
  const composed = client({ to: [at('ann'), at('bob')], message: Buffer.from(raw) })
  expect(await byPreset('mailgun', env, wholeMessage, 'message.raw')).toEqual(
    await byClient(composed, answer),
  )
})

test('Postmark', async () => {
  const env = { POSTMARK_SERVER_TOKEN: 'server-1234', POSTMARK_ACCOUNT_TOKEN: 'account-1234' }
  const client = (url: string) =>
    new ServerClient(env.POSTMARK_SERVER_TOKEN, { useHttps: false, requestHost: new URL(url).host })
  const answer = { ErrorCode: 0, Message: 'OK' }
  const addresses = {
    From: mailbox(rich.from),
    To: rich.to.map(mailbox).join(', '),
    MessageStream: 'outbound',
  }
  const whole = {
    ...addresses,
    Cc: rich.cc.map(mailbox).join(', '),
    Bcc: rich.bcc.map(mailbox).join(', '),
    ReplyTo: mailbox(rich.replyTo),
    Subject: rich.subject,
    TextBody: rich.text,
    HtmlBody: rich.html,
    Headers: Object.entries(rich.headers).map(([Name, Value]) => ({ Name, Value })),
    Attachments: rich.attachments.map(({ filename, contentType, content }) => ({
      Name: filename,
      ContentType: contentType,
      Content: content,
      ContentID: null,
    })),
    Tag: 'spring',
  }
  // A ContentID is for images that the HTML shows: the type of the client wants one, be it null.
  const apart = withoutNulls
  expect(await byPreset('postmark', env, { ...rich, tags })).toEqual(
    apart(await byClient((url) => client(url).sendEmail(whole), answer)),
  )
  const plain = { ...addresses, Subject: 'Hi', TextBody: 'Hello' }
  const brief = { from: rich.from, to: rich.to, subject: 'Hi', text: 'Hello' }
  expect(
    withoutEmpty(await byPreset('postmark', env, { messages: [{ ...rich, tags }, brief] }, 'message.batch')),
  ).toEqual(apart(await byClient((url) => client(url).sendEmailBatch([whole, plain]), [answer, answer])))
  const { variables, to } = templated
  for (const template of ['welcome', 1234567]) {
    const named = typeof template === 'number' ? { TemplateId: template } : { TemplateAlias: template }
    const data = { ...addresses, To: mailbox(to[0] ?? { email: '' }), ...named, TemplateModel: variables }
    expect(await byPreset('postmark', env, { ...templated, template: String(template) })).toEqual(
      await byClient((url) => client(url).sendEmailWithTemplate(data), answer),
    )
  }
})

test('Resend', async () => {
  const env = { RESEND_API_KEY: 're_12345678' }
  const client = (url: string) => new Resend(env.RESEND_API_KEY, { baseUrl: url }).emails
  const answer = { id: '49a3999c' }
  const whole = {
    ...rich,
    from: mailbox(rich.from),
    to: rich.to.map(mailbox),
    cc: rich.cc.map(mailbox),
    bcc: rich.bcc.map(mailbox),
    replyTo: mailbox(rich.replyTo),
    tags: tags.map((name) => ({ name, value: 'true' })),
    scheduledAt: sendAt,
  }
  expect(await byPreset('resend', env, { ...rich, tags, sendAt })).toEqual(
    await byClient((url) => client(url).send(whole), answer),
  )
  const { from: author, to: readers } = templated
  const brief = { from: author, to: readers, subject: 'Hi', text: 'Hello' }
  const briefly = { ...brief, from: mailbox(author), to: readers.map(mailbox) }
  expect(
    await byPreset('resend', env, { messages: [{ ...rich, tags, sendAt }, brief] }, 'message.batch'),
  ).toEqual(
    await byClient((url) => new Resend(env.RESEND_API_KEY, { baseUrl: url }).batch.send([whole, briefly]), {
      data: [answer, answer],
    }),
  )
  const { template: id, to, from } = templated
  // The client's types allow variables of one level alone, which is what the API documents.
  const variables = { name: 'Ann', order: 7 }
  const byTemplate = { from: mailbox(from), to: to.map(mailbox), template: { id, variables } }
  expect(await byPreset('resend', env, { ...templated, variables })).toEqual(
    await byClient((url) => client(url).send(byTemplate), answer),
  )
})

test('Amazon SES', async () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
    AWS_REGION: 'eu-west-1',
  }
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY }
  const client = (input: ConstructorParameters<typeof SendEmailCommand>[0]) => async (endpoint: string) => {
    const sender = new SESv2Client({ endpoint, region: env.AWS_REGION, credentials })
    await sender.send(new SendEmailCommand(input))
    sender.destroy()
  }
  const text = (Data: string) => ({ Data, Charset: 'UTF-8' })
  const attached = {
    Headers: Object.entries(rich.headers).map(([Name, Value]) => ({ Name, Value })),
    Attachments: rich.attachments.map(({ filename, contentType, content }) => ({
      FileName: filename,
      ContentType: contentType,
      RawContent: bytesOf({ content }),
    })),
  }
  const whole = {
    FromEmailAddress: mailbox(rich.from),
    ReplyToAddresses: [mailbox(rich.replyTo)],
    Destination: {
      ToAddresses: rich.to.map(mailbox),
      CcAddresses: rich.cc.map(mailbox),
      BccAddresses: rich.bcc.map(mailbox),
    },
    Content: {
      Simple: {
        Subject: text(rich.subject),
        Body: { Text: text(rich.text), Html: text(rich.html) },
        ...attached,
      },
    },
    EmailTags: tags.map((Name) => ({ Name, Value: 'true' })),
  }
  // Each is signed at a moment of its own, and the client signs fields that only it has: sigv4.test.ts compares signatures.
  const apart = (sent: Sent) => ({
    ...sent,
    authorization: String(sent['authorization']).replace(/(?<=\/)\d{8}(?=\/)|SignedHeaders=.*$/g, ''),
  })
  expect(apart(await byPreset('ses', env, { ...rich, tags }))).toEqual(
    apart(await byClient(client(whole), {})),
  )
  const { template, variables, to, from } = templated
  const byTemplate = {
    FromEmailAddress: mailbox(from),
    Destination: { ToAddresses: to.map(mailbox) },
    Content: { Template: { TemplateName: template, TemplateData: JSON.stringify(variables), ...attached } },
  }
  const composed = {
    FromEmailAddress: 'shop@shop.test',
    Destination: { ToAddresses: [at('ann'), at('bob')] },
    Content: { Raw: { Data: Buffer.from(raw) } },
  }
  expect(apart(await byPreset('ses', env, wholeMessage, 'message.raw'))).toEqual(
    apart(await byClient(client(composed), {})),
  )
  const { headers, attachments } = rich
  expect(apart(await byPreset('ses', env, { ...templated, headers, attachments }))).toEqual(
    apart(await byClient(client(byTemplate), {})),
  )
})

/** Without texts that say nothing. */
function withoutEmpty<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, inner) => (inner === '' ? undefined : inner)) as T
}

function withoutNulls<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, inner) => (inner === null ? undefined : inner)) as T
}
