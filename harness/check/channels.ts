import MailComposer from 'nodemailer/lib/mail-composer'
import type { Api, Input } from '../api/api.ts'
import type { ChannelName, Exchange } from '../model.ts'
import { sendLater } from './later.ts'
import type { Mailbox } from './mailbox.ts'
import type { Post, Sent } from './post.ts'
import type { Verify } from './verify.ts'

/** What every channel carries. */
export interface Message {
  readonly subject: string
  readonly text: string
}

/** A way by which the target sends. */
export interface Channel {
  readonly name: ChannelName
  /** The target writes the header from what it is given; else whoever submits does. */
  readonly composes: boolean
  /** To an address that nobody had before: a benign message, but for what is said. */
  send(message?: Partial<Message>): Promise<Sent>
}

interface Options {
  readonly api: Api
  readonly mailbox: Mailbox
  readonly verify: Verify
  readonly of: (to: string, exchange: Exchange) => Sent
  readonly submit: Post['submit']
  /** The profile declares a submission service. */
  readonly submits: boolean
}

/** Those that the profile declares. One that cannot be used fails where it is used. */
export function createChannels({ api, mailbox, verify, of, submit, submits }: Options): Channel[] {
  const { from } = api.profile.mail
  let template: Promise<unknown> | null = null
  const ways: readonly (Omit<Channel, 'send'> & {
    readonly declared: boolean
    send(to: string, message: Message): Promise<Sent>
  })[] = [
    {
      name: 'HTTP',
      composes: true,
      declared: api.has('message.send'),
      send: async (to, message) =>
        of(to, await api.call('message.send', { to, ...api.carried('message.send', message) })),
    },
    {
      name: 'template',
      composes: true,
      declared:
        api.has('template.create') &&
        api.has('message.send', 'template') &&
        api.has('message.send', 'variables'),
      async send(to, variables) {
        template ??= storeTemplate(
          { api, mailbox, verify },
          { subject: '{{ subject }}', html: '<p>{{ text }}</p>', text: '{{ text }}' },
        )
        return of(to, await api.call('message.send', { to, template: await template, variables }))
      },
    },
    {
      name: 'batch',
      composes: true,
      declared: api.has('message.batch', 'messages'),
      async send(to, message) {
        const exchange = await api.call('message.batch', { messages: [{ to, ...message }] })
        return of(to, oneOfBatch(exchange, 0, 'invalid'))
      },
    },
    {
      name: 'schedule',
      composes: true,
      declared: api.has('message.send', 'sendAt'),
      send: (to, message) =>
        sendLater(async (sendAt) =>
          of(to, await api.call('message.send', { to, ...api.carried('message.send', message), sendAt })),
        ),
    },
    {
      name: 'raw',
      composes: false,
      declared: api.has('message.raw', 'raw'),
      async send(to, message) {
        const raw = await compose({ from, to, ...message })
        return of(to, await api.call('message.raw', wholeMessage(api, from, to, raw)))
      },
    },
    {
      name: 'SMTP',
      composes: false,
      declared: submits,
      async send(to, message) {
        return submit({ to: [to], raw: (await compose({ from, to, ...message })).toString('utf8') })
      },
    },
  ]
  return ways
    .filter(({ declared }) => declared)
    .map(({ declared: _, send, ...way }) => ({
      ...way,
      send: (message) => send(mailbox.address(way.name.toLowerCase()), { ...mailbox.letter(), ...message }),
    }))
}

/** By which of them a call has a message sent; `null` where it has none sent. */
export function channelOf(operation: string | null, input: Input): ChannelName | null {
  switch (operation) {
    case 'message.send':
      return input['sendAt'] !== undefined
        ? 'schedule'
        : input['template'] !== undefined
          ? 'template'
          : 'HTTP'
    case 'message.batch':
      return 'batch'
    case 'message.raw':
      return 'raw'
    case 'submission.send':
      return 'SMTP'
    default:
      return null
  }
}

/** A guard: stores a template of this content, as far as the profile carries it; its id. */
export async function storeTemplate(
  { api, mailbox, verify }: Pick<Options, 'api' | 'mailbox' | 'verify'>,
  content: {
    readonly name?: string
    readonly subject: string
    readonly html: string
    readonly text: string
  },
): Promise<unknown> {
  const made = await api.call(
    'template.create',
    api.carried('template.create', { name: mailbox.canary(), ...content }),
  )
  const id = verify.accepted(made).result?.['id']
  verify.held(
    id !== undefined,
    'template.create gave no id',
    'map result.id of template.create in the profile',
  )
  return id
}

/** What became of one message of a batch, which is taken as a whole: an id, or none and `otherwise`. */
export function oneOfBatch(exchange: Exchange, at: number, otherwise: 'invalid' | 'limited'): Exchange {
  const ids = exchange.result?.['ids']
  const refused = Array.isArray(ids) && (ids[at] ?? null) === null
  return refused ? { ...exchange, answer: otherwise } : exchange
}

/** The input of message.raw. */
export function wholeMessage(api: Api, from: string, to: string, raw: Buffer): Input {
  return { ...api.carried('message.raw', { from }), to, raw: raw.toString('base64') }
}

/** As a mail program writes it. */
export function compose(
  mail: Message & {
    readonly from: string
    readonly to: string
    readonly cc?: string
    readonly replyTo?: string
  },
): Promise<Buffer> {
  return new MailComposer({ ...mail, newline: '\r\n', disableFileAccess: true, disableUrlAccess: true })
    .compile()
    .build()
}
