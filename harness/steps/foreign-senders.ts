import { type Message, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { domainOf } from '../probes/addresses.ts'
import { corpus, foreignSenders } from '../probes/corpora.ts'

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
 * By the From of a call, by a custom header field, and by the header of what is submitted or handed over whole, as far as the
 * profile declares them.
 */
export function waysToClaimASender({ api, mailbox, post, profile, submission }: Kit): ForeignSender[] {
  const v = domainOf(profile.mail.from)
  const parent = v.split('.').slice(1).join('.')
  const other = `other-${mailbox.canary().slice(0, 8)}.${parent}`

  const byCall = foreignSenders({ v, parent, other }).map(({ name, from }) => ({
    name,
    send: (message: Message) => post.send({ ...message, from }),
  }))
  const byHeader = ['From', 'fRoM', 'From '].map((header) => ({
    name: `custom header ${JSON.stringify(header)}`,
    send: (message: Message) => post.send({ ...message, headers: { [header]: `ceo@${other}` } }),
  }))
  const composed = [
    { name: 'From at another domain', value: `From: <ceo@${other}>` },
    { name: 'From at a domain that ends alike', value: `From: <ceo@evil${v}>` },
    ...corpus('from', { a: `ceo@${other}`, b: profile.mail.from }).filter(({ name }) => several.has(name)),
  ]
  const written = (field: string, to: string, { subject, text }: Message) =>
    [field, `To: <${to}>`, `Subject: ${subject}`, '', text, ''].join('\r\n')
  const bySubmission = composed.map(({ name, value }) => ({
    name: `SMTP, ${name}`,
    async send(message: Message) {
      const to = mailbox.address('spoofed')
      return post.submit({ to: [to], raw: written(value, to, message) })
    },
  }))
  const byRaw = composed.map(({ name, value }) => ({
    name: `raw, ${name}`,
    async send(message: Message) {
      const to = mailbox.address('spoofed')
      const raw = Buffer.from(written(value, to, message))
      return post.of(to, await api.call('message.raw', wholeMessage(api, profile.mail.from, to, raw)))
    },
  }))
  return [
    ...byCall,
    ...(api.has('message.send', 'headers') ? byHeader : []),
    ...(submission.ports.length > 0 ? bySubmission : []),
    ...(api.has('message.raw') ? byRaw : []),
  ]
}
