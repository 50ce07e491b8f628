import { type Message, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Cell, Delivery } from '../model.ts'
import { domainOf, readingsOf } from '../probes/addresses.ts'
import { corpus, foreignSenders } from '../probes/corpora.ts'
import { unlessUnproven } from '../verdicts.ts'
import { customHeadersThatArrive } from './custom-headers.ts'

/** A message in the name of somebody who does not write it. */
export interface ForeignSender {
  readonly name: string
  /** Whose sender domain, and by which way, where it is another customer's: a cell of who may do what. */
  readonly cell?: Pick<Cell, 'operation' | 'channel' | 'domain'>
  send(message: Message): Promise<Sent>
}

/** Of the From fields that readers and servers read in different ways, those with several authors in them. */
const several = new Set([
  'two-fields-own-first',
  'two-fields-own-last',
  'two-mailboxes',
  'bare-address-first',
])

/**
 * By the From of a call, also that of another customer where the profile has a neighbour who sends, by a custom header field, and by the header of what is submitted or handed over whole, as far as the
 * profile declares them. Where a message of the same form in the rightful name is not delivered, a refusal says nothing: Unproven.
 */
export function waysToClaimASender(kit: Kit): ForeignSender[] {
  const { api, mailbox, post, profile, verify } = kit
  const v = domainOf(profile.mail.from)
  const parent = v.split('.').slice(1).join('.')
  const other = `other-${mailbox.canary().slice(0, 8)}.${parent}`

  const customer = profile.principals['neighbour']?.values?.['from']
  const ofCustomer =
    typeof customer === 'string' ? [{ name: 'From of another customer', from: customer }] : []
  const cellOf = (from: unknown, channel: string): Pick<ForeignSender, 'cell'> =>
    typeof from !== 'string' || from !== customer || channel === 'raw'
      ? {}
      : {
          cell: {
            ...{ operation: 'message.send', domain: domainOf(from) },
            ...(channel === 'SMTP' ? { channel } : {}),
          },
        }

  const byCall = [...foreignSenders({ v, parent, other }), ...ofCustomer].map(({ name, from }) => ({
    name,
    ...cellOf(from, 'HTTP'),
    send: (message: Message) => post.send({ ...message, from }),
  }))
  let custom: Promise<unknown> | null = null
  const byHeader = ['From', 'fRoM', 'From '].map((header) => ({
    name: `custom header ${JSON.stringify(header)}`,
    async send(message: Message) {
      custom ??= customHeadersThatArrive({ post, verify })
      await custom
      return post.send({ ...message, headers: { [header]: `ceo@${other}` } })
    },
  }))
  const composed = [
    { name: 'From at another domain', value: `From: <ceo@${other}>` },
    { name: 'From at a domain that ends alike', value: `From: <ceo@evil${v}>` },
    ...ofCustomer.map(({ name, from }) => ({ name, from, value: `From: <${from}>` })),
    ...corpus('from', { a: `ceo@${other}`, b: profile.mail.from }).filter(({ name }) => several.has(name)),
  ]
  const byWhole = (channel: string, hand: (to: string, raw: string) => Promise<Sent>): ForeignSender[] => {
    const send = (field: string, message: Message) => {
      const to = mailbox.address('spoofed')
      return hand(to, written(field, to, message))
    }
    let rightful: Promise<unknown> | null = null
    return composed.map(({ name, value, ...of }) => ({
      name: `${channel}, ${name}`,
      ...('from' in of ? cellOf(of.from, channel) : {}),
      async send(message) {
        rightful ??= send(`From: <${profile.mail.from}>`, mailbox.letter()).then((sent) => sent.delivered())
        await rightful
        return send(value, message)
      },
    }))
  }
  return [
    ...(api.has('message.send', 'from') ? byCall : []),
    ...(api.has('message.send', 'headers') ? byHeader : []),
    ...waysToHandOver(kit).flatMap(({ channel, hand }) => byWhole(channel, hand)),
  ]
}

/**
 * Those by which a whole message is handed over, its header with it, as far as the profile declares them; `from` is the envelope
 * sender, our own where it is left out.
 */
export function waysToHandOver({ api, post, profile, submission }: Kit): {
  readonly channel: 'SMTP' | 'raw'
  hand(to: string, raw: string, from?: string): Promise<Sent>
}[] {
  const { from: own } = profile.mail
  return [
    ...(submission.ports.length > 0
      ? [
          {
            channel: 'SMTP' as const,
            hand: (to: string, raw: string, from = own) => post.submit({ from, to: [to], raw }),
          },
        ]
      : []),
    ...(api.has('message.raw')
      ? [
          {
            channel: 'raw' as const,
            hand: async (to: string, raw: string, from = own) =>
              post.of(to, await api.call('message.raw', wholeMessage(api, from, to, Buffer.from(raw)))),
          },
        ]
      : []),
  ]
}

/** Where a provider writes in place of a sender without a right, and where mail that cannot be delivered goes then. */
export interface Replacement {
  readonly author: string
  readonly bounces: string
}

/**
 * By each channel that has the provider write so; nothing where it refuses such a sender, or has him write: the domain that he claims is
 * of this run alone, so that any other one is the provider's choice.
 */
export async function replacementsOf(kit: Kit): Promise<Replacement[]> {
  const { mailbox, post, profile } = kit
  const claimed = `other-${mailbox.canary()}.${domainOf(profile.mail.from).split('.').slice(1).join('.')}`
  const from = `ceo@${claimed}`
  const byWhole = waysToHandOver(kit).map(({ hand }) => () => {
    const to = mailbox.address('spoofed')
    return hand(to, written(`From: <${from}>`, to, mailbox.letter()))
  })
  const ways = [...(post.carries('from') ? [() => post.send({ from })] : []), ...byWhole]
  const found = ways.map(async (send) => {
    const mail = await (await send()).arrived()
    return mail === null ? null : replacementIn(mail, claimed)
  })
  // What cannot be used is told where it is tried.
  const settled = await Promise.all(found.map((each) => each.catch(unlessUnproven)))
  return settled.filter((each) => each !== null)
}

function replacementIn({ raw, envelope }: Delivery, claimed: string): Replacement | null {
  const [author, ...others] = readingsOf(raw, 'From')[1].mailboxes.map(({ email }) => domainOf(email))
  const bounces = domainOf(envelope.from)
  if (author === undefined || others.length > 0 || [author, bounces].some((each) => each.includes(claimed)))
    return null
  return { author, bounces }
}

/** A message as it is submitted, with this field or these in its header, a line each. */
export function written(fields: string, to: string, { subject, text }: Message): string {
  const date = new Date().toUTCString().replace('GMT', '+0000')
  return [`Date: ${date}`, fields, `To: <${to}>`, `Subject: ${subject}`, '', text, '']
    .join('\n')
    .replaceAll(/\r?\n/g, '\r\n')
}
