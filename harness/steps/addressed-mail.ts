import { bodyTexts } from '../api/reach.ts'
import { compose, type Message, oneOfBatch, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Delivery, Severity } from '../model.ts'
import type { InputOf } from '../profile/operations.ts'

/** A benign message that was sent, and whom it names. */
interface Addressed {
  readonly sent: Sent
  /** Who must get it. */
  readonly readers: readonly string[]
  /** Whom the message names besides, who must get nothing, and to whom nobody else writes. */
  readonly others: readonly string[]
}

/** A way to say whom a message is for. */
export interface WayToAddress {
  readonly name: string
  /** The message bears the mark, in its subject and in a link. */
  send(mark: string): Promise<Addressed>
}

/** Somebody got a message, or was about to, who is not among its readers. */
export interface Stranger {
  readonly email: string
  /** `null` where an exchanger was told of him and got no message. */
  readonly copy: Delivery | null
  /** Lower than critical where he is the sender, or the message names him, as somebody else. */
  readonly severity: Severity
}

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'submission' | 'verify'>

/**
 * By every channel to one reader each; by `message.send`, composed messages and submission to several, with a copy, a blind one
 * and somebody to whom answers go; a batch of two; and a submission whose header names somebody whom its envelope does not
 * (RFC 5321 §2.3.1), all as far as the profile declares them.
 */
export function waysToAddress(kit: Ground): WayToAddress[] {
  const { api, mailbox, post } = kit
  const { from } = api.profile.mail
  const marked = (mark: string): Message => ({
    subject: `Your order ${mark}`,
    text: `${mailbox.letter().text}\nhttps://shop.example/orders/${mark}\n`,
  })
  const called = async (mark: string, input: Readonly<Record<string, unknown>>) => {
    const message = api.carried('message.send', marked(mark))
    return post.send({ ...message, ...input })
  }
  const withInput = (
    input: InputOf<'message.send'>,
    send: (mark: string) => Promise<Addressed>,
    name: string = input,
  ): WayToAddress[] => (api.has('message.send', input) ? [{ name: `HTTP, ${name}`, send }] : [])
  const copied = (input: 'cc' | 'bcc') =>
    withInput(input, async (mark) => {
      const [to, other] = [mailbox.address(), mailbox.address(input)]
      return { sent: await called(mark, { to, [input]: other }), readers: [to, other], others: [] }
    })

  return [
    ...post.channels.map(
      ({ name, send }): WayToAddress => ({
        name,
        async send(mark) {
          const sent = await send(marked(mark))
          return { sent, readers: [sent.to], others: [] }
        },
      }),
    ),
    ...withInput('html', async (mark) => {
      const html = `<p>See <a href="https://shop.example/orders/${mark}">your order</a>.</p>`
      const sent = await called(mark, { html })
      return { sent, readers: [sent.to], others: [] }
    }),
    ...withInput(
      'to',
      async (mark) => {
        const to = ['first', 'second', 'third'].map((label) => mailbox.address(label))
        return { sent: await called(mark, { to }), readers: to, others: [] }
      },
      'three recipients',
    ),
    ...copied('cc'),
    ...copied('bcc'),
    ...withInput('replyTo', async (mark) => {
      const replyTo = mailbox.address('answers')
      const sent = await called(mark, { replyTo })
      return { sent, readers: [sent.to], others: [replyTo] }
    }),
    ...(api.has('message.batch', 'messages') ? [{ name: 'batch of two', send: batchOfTwo }] : []),
    ...(api.has('message.raw', 'raw') ? [{ name: 'raw, cc and replyTo', send: rawCopied }] : []),
    ...(kit.submission.ports.length > 0
      ? [
          { name: 'SMTP, cc and replyTo', send: (mark: string) => submitted(mark, 'in the envelope') },
          { name: 'SMTP, cc in the header alone', send: (mark: string) => submitted(mark, 'in the header') },
        ]
      : []),
  ]

  async function batchOfTwo(mark: string): Promise<Addressed> {
    const [to, other] = [mailbox.address('first'), mailbox.address('second')]
    const messages = [
      { to, ...marked(mark) },
      { to: other, ...marked(mailbox.canary()) },
    ]
    const exchange = await api.call('message.batch', { messages })
    return { sent: post.of(to, oneOfBatch(exchange, 0, 'invalid')), readers: [to], others: [] }
  }

  async function rawCopied(mark: string): Promise<Addressed> {
    const [to, cc, replyTo] = [mailbox.address('to'), mailbox.address('cc'), mailbox.address('answers')]
    const input = wholeMessage(api, from, to, await compose({ from, to, cc, replyTo, ...marked(mark) }))
    const exchange = await api.call('message.raw', { ...input, to: [to, cc] })
    return { sent: post.of(to, exchange), readers: [to, cc], others: [replyTo] }
  }

  async function submitted(mark: string, copy: 'in the envelope' | 'in the header'): Promise<Addressed> {
    const [to, cc, replyTo] = [mailbox.address('to'), mailbox.address('cc'), mailbox.address('answers')]
    const raw = (await compose({ from, to, cc, replyTo, ...marked(mark) })).toString()
    const readers = copy === 'in the envelope' ? [to, cc] : [to]
    const others = copy === 'in the envelope' ? [replyTo] : [cc, replyTo]
    return { sent: await post.submit({ to: readers, raw }), readers, others }
  }
}

/**
 * A guard: the message arrives at each of its readers; `false` where the target takes no such message. Not applicable where the
 * profile's call leaves a reader out.
 */
export async function reachedItsReaders(
  { verify }: Pick<Kit, 'verify'>,
  { sent, readers }: Addressed,
): Promise<boolean> {
  const asked = bodyTexts(sent.exchange.request.body).join('\n')
  const [first = '', ...more] = readers.map((reader) => reader.split('@')[0] ?? '')
  const leftOut = more.filter((reader) => !asked.includes(reader))
  verify.applies(
    leftOut.length === 0 || !asked.includes(first),
    'the profile maps one recipient of several into the call',
  )
  for (const reader of readers) if ((await sent.deliveredUnlessRefused(reader)) === null) return false
  return true
}

/**
 * Who else was written to, at any exchanger of the run, by whatever message bears the mark, or names a reader where the mark is
 * hidden by an encoding: after a fence. Whom the profile declares as a journal is told beside the verdict.
 */
export async function strangersTo(
  { api, verify, wire }: Pick<Kit, 'api' | 'verify' | 'wire'>,
  mark: string,
  { readers, others }: Addressed,
): Promise<Stranger[]> {
  await verify.fenced()
  const { journal, from } = api.profile.mail
  const marked = await wire.deliveries({ containing: mark })
  const named = readers.map((reader) => wire.deliveries({ containing: reader.split('@')[0] ?? '' }))
  const found = marked.length > 0 ? marked : (await Promise.all(named)).flat()
  const copies = found.flatMap((copy) => copy.envelope.to.map((email) => ({ email, copy })))
  const askedFor = await Promise.all(
    others.map(async (email) => ((await wire.sessions({ recipient: email })).length > 0 ? [email] : [])),
  )
  const seen = new Map<string, Stranger>()
  for (const { email, copy } of [...askedFor.flat().map((email) => ({ email, copy: null })), ...copies]) {
    const key = email.toLowerCase()
    const own = [...others, from].some((each) => each.toLowerCase() === key)
    seen.set(key, { email, copy, severity: own ? 'high' : 'critical' })
  }
  for (const reader of readers) seen.delete(reader.toLowerCase())
  for (const archive of journal)
    if (seen.delete(archive.toLowerCase())) verify.remark(`a copy went to the journal ${archive}`)
  return [...seen.values()]
}
