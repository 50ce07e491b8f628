import { type Message, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { domainOf, readingsOf } from '../probes/addresses.ts'
import { corpus, foreignSenders } from '../probes/corpora.ts'
import { customHeadersThatArrive } from './custom-headers.ts'

/** A message in the name of somebody who does not write it. */
export interface ForeignSender {
  readonly name: string
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
export function waysToClaimASender({
  api,
  mailbox,
  post,
  profile,
  submission,
  verify,
}: Kit): ForeignSender[] {
  const v = domainOf(profile.mail.from)
  const parent = v.split('.').slice(1).join('.')
  const other = `other-${mailbox.canary().slice(0, 8)}.${parent}`

  const customer = profile.principals['neighbour']?.values?.['from']
  const ofCustomer =
    typeof customer === 'string' ? [{ name: 'From of another customer', from: customer }] : []

  const byCall = [...foreignSenders({ v, parent, other }), ...ofCustomer].map(({ name, from }) => ({
    name,
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
    ...ofCustomer.map(({ name, from }) => ({ name, value: `From: <${from}>` })),
    ...corpus('from', { a: `ceo@${other}`, b: profile.mail.from }).filter(({ name }) => several.has(name)),
  ]
  const byWhole = (channel: string, hand: (to: string, raw: string) => Promise<Sent>): ForeignSender[] => {
    const send = (field: string, message: Message) => {
      const to = mailbox.address('spoofed')
      return hand(to, written(field, to, message))
    }
    let rightful: Promise<unknown> | null = null
    return composed.map(({ name, value }) => ({
      name: `${channel}, ${name}`,
      async send(message) {
        rightful ??= send(`From: <${profile.mail.from}>`, mailbox.letter()).then((sent) => sent.delivered())
        await rightful
        return send(value, message)
      },
    }))
  }
  const submitted = (to: string, raw: string) => post.submit({ to: [to], raw })
  const handedOver = async (to: string, raw: string) =>
    post.of(to, await api.call('message.raw', wholeMessage(api, profile.mail.from, to, Buffer.from(raw))))
  return [
    ...(api.has('message.send', 'from') ? byCall : []),
    ...(api.has('message.send', 'headers') ? byHeader : []),
    ...(submission.ports.length > 0 ? byWhole('SMTP', submitted) : []),
    ...(api.has('message.raw') ? byWhole('raw', handedOver) : []),
  ]
}

/**
 * At which domain the provider writes in place of a sender without a right; `null` where it refuses him, or has him write: the
 * domain that he claims is of this run alone, so that any other one is the provider's choice.
 */
export async function replacementOf({ mailbox, post, profile }: Kit): Promise<string | null> {
  if (!post.carries('from')) return null
  const claimed = `other-${mailbox.canary()}.${domainOf(profile.mail.from).split('.').slice(1).join('.')}`
  const mail = await (await post.send({ from: `ceo@${claimed}` })).arrived()
  if (mail === null) return null
  const [author, ...others] = readingsOf(mail.raw, 'From')[1].mailboxes.map(({ email }) => domainOf(email))
  return author === undefined || others.length > 0 || author.includes(claimed) ? null : author
}

function written(field: string, to: string, { subject, text }: Message): string {
  const date = new Date().toUTCString().replace('GMT', '+0000')
  return [`Date: ${date}`, field, `To: <${to}>`, `Subject: ${subject}`, '', text, '']
    .join('\n')
    .replaceAll(/\r?\n/g, '\r\n')
}
