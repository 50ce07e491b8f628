import { compose, type Message, oneOfBatch, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Part } from '../check/verify.ts'
import type { Delivery, Exchange, Severity } from '../model.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { keyHolders } from './key-holders.ts'
import { owner } from './sample-input.ts'
import { leftAtItsTime, margin, timesThere } from './scheduled-mail.ts'

export type ListKit = Pick<
  Kit,
  ('api' | 'endpoints' | 'mailbox' | 'post') | ('profile' | 'submission' | 'verify' | 'wire')
>

/** A message to this address, among others or not, by one of the ways that the profile declares. */
interface Way {
  readonly name: string
  send(reader: string, words: Message): Promise<Sent>
}

/** An address whose mail has arrived, and that is on the list since. */
export interface Unwilling {
  readonly address: string
  /** The call that put it there. */
  readonly by: Exchange
  /** Whether a plain message to it was held back. */
  readonly isHeldTo: boolean
}

/** Guards: mail to somebody new arrives, and then they are put on the list. What a plain message does afterwards is told. */
export async function unwillingReader(kit: ListKit): Promise<Unwilling> {
  const { mailbox, post, profile, verify } = kit
  const tenants = (['suppression.create', 'message.send'] as const).map(
    (name) => profile.principals[profile.operations[name]?.as ?? '']?.tenant,
  )
  verify.held(
    tenants.includes(undefined) || tenants[0] === tenants[1],
    `the list is that of ${tenants[0]}, and mail is sent for ${tenants[1]}`,
    'have suppression.create made by somebody of the tenant that sends (operations.suppression.create.as in the profile)',
  )
  const sent = await post.send({ to: mailbox.address('unwilling') })
  await sent.delivered()
  const address = sent.to
  const by = await suppress(kit, address)
  const mail = await reached(kit, address)
  return { address, by, isHeldTo: mail.arrived === null }
}

/** A guard: the address is on the list now; of the tenant of `as`, and else of whom the profile says. */
async function suppress({ api, verify }: ListKit, email: string, as?: string): Promise<Exchange> {
  const input = { email, ...api.carried('suppression.create', { reason: 'test' }) }
  return verify.accepted(await api.call('suppression.create', input, as))
}

/** Everything that is tried with an address that is on the list. */
export function mailToUnwilling(kit: ListKit, reader: Unwilling): Part[] {
  const { api, mailbox, post } = kit
  const plain = waysToWrite(kit).map(({ name, send }) => ({
    name,
    async judge() {
      // The first way was seen to be open.
      if (name !== 'to') {
        const willing = mailbox.address('willing')
        await (await send(willing, mailbox.letter())).delivered(willing)
      }
      await heldBack(kit, reader, (words) => send(reader.address, words))
    },
  }))
  const spelled = spellings(reader.address).map(({ name, text, severity }) => ({
    name,
    judge: () => heldBack(kit, reader, (words) => post.send({ to: text, ...words }), severity),
  }))
  return [
    // It is due at a time of its own.
    ...(api.has('message.send', 'sendAt') ? [scheduledBefore(kit)] : []),
    ...plain,
    ...(api.has('message.send') ? spelled : []),
    listedOtherwise(kit),
  ]
}

function waysToWrite({ api, mailbox, post, profile, submission }: ListKit): Way[] {
  const { from } = profile.mail
  const others = () => mailbox.address('willing')
  const has = {
    several: api.has('message.send'),
    cc: api.has('message.send', 'cc'),
    bcc: api.has('message.send', 'bcc'),
    batch: api.has('message.batch', 'messages'),
    raw: api.has('message.raw', 'raw'),
  }
  const ways: readonly (Way & { readonly declared: boolean })[] = [
    { name: 'to', declared: true, send: (to, words) => post.send({ to, ...words }) },
    {
      name: 'to, among others',
      declared: has.several,
      send: (reader, words) => post.send({ to: [others(), reader], ...words }),
    },
    {
      name: 'cc',
      declared: has.cc,
      send: (cc, words) => post.send({ to: others(), cc: [cc], ...words }),
    },
    {
      name: 'bcc',
      declared: has.bcc,
      send: (bcc, words) => post.send({ to: others(), bcc: [bcc], ...words }),
    },
    {
      name: 'batch',
      declared: has.batch,
      async send(to, words) {
        const exchange = await api.call('message.batch', { messages: [{ to, ...words }] })
        return post.of(to, oneOfBatch(exchange, 0, 'invalid'))
      },
    },
    {
      name: 'raw',
      declared: has.raw,
      async send(to, words) {
        const raw = await compose({ from, to, ...words })
        return post.of(to, await api.call('message.raw', wholeMessage(api, from, to, raw)))
      },
    },
    {
      name: 'SMTP',
      declared: has.several && submission.ports.length > 0,
      send: async (to, words) =>
        post.submit({ to: [to], raw: (await compose({ from, to, ...words })).toString('utf8') }),
    },
  ]
  return ways.filter(({ declared }) => declared)
}

/** Other ways to write an address that lead to the same mailbox (RFC 5321 §2.3.11, §2.4, §4.1.2; RFC 1034 §3.1). */
function spellings(address: string): { name: string; text: string; severity?: Severity }[] {
  const [local = '', domain = ''] = address.split('@')
  return [
    { name: 'to, domain in capitals', text: `${local}@${domain.toUpperCase()}` },
    { name: 'to, domain with a dot at its end', text: `${local}@${domain}.` },
    { name: 'to, local part in quotes', text: `"${local}"@${domain}` },
    // Whether case tells them apart is for the server there to say.
    { name: 'to, local part in capitals', text: `${local.toUpperCase()}@${domain}`, severity: 'low' },
  ]
}

/** A verdict: nothing of a message reaches somebody who is on the list, whatever it was answered. */
async function heldBack(
  kit: ListKit,
  { address, by }: Pick<Unwilling, 'address' | 'by'>,
  send: (words: Message) => Promise<Sent>,
  severity?: Severity,
): Promise<void> {
  const { arrived, exchange } = await reached(kit, address, send)
  kit.verify.answered(exchange, 'the effect decides')
  kit.verify.that(arrived === null, {
    ...{ of: exchange, mail: arrived ?? undefined, after: by, severity },
    expected: `no mail for ${address}, which is on the suppression list`,
    actual: 'a message reached it',
  })
}

/**
 * What of a message has come to an address by whatever spelling, of one from the tenant that the profile sends for where `send` makes
 * no other; looked at after its time, and a fence.
 */
export async function reached(
  { profile, mailbox, post, verify, wire }: Pick<ListKit, 'profile' | 'mailbox' | 'post' | 'verify' | 'wire'>,
  address: string,
  send: (words: Message) => Promise<Sent> = (words) => post.send({ to: address, ...words }),
): Promise<{ readonly arrived: Delivery | null; readonly exchange: Exchange }> {
  const canary = mailbox.canary()
  const { exchange } = await send({ subject: canary, text: canary })
  if (exchange.answer === 'accepted')
    await wire
      .arrival({ containing: canary }, { within: profile.mail.delivery.within * 1000 })
      .catch(unlessSeen)
  await verify.fenced()
  return { arrived: await deliveredTo({ wire }, canary, address), exchange }
}

async function deliveredTo(
  { wire }: Pick<ListKit, 'wire'>,
  canary: string,
  address: string,
): Promise<Delivery | null> {
  const mails = await wire.deliveries({ containing: canary })
  // What others got is no answer for this one: mail that comes to it later is looked for by itself.
  await wire.deliveries({ to: address, containing: canary })
  return mails.find(({ envelope }) => envelope.to.some((to) => plainly(to) === address)) ?? null
}

/** Without what may be written otherwise. */
function plainly(address: string): string {
  return address.replaceAll('"', '').replace(/\.$/, '').toLowerCase()
}

function listedOtherwise(kit: ListKit): Part {
  return {
    name: 'listed with its domain in capitals',
    async judge() {
      const address = kit.mailbox.address('unwilling')
      const [local = '', domain = ''] = address.split('@')
      const by = await suppress(kit, `${local}@${domain.toUpperCase()}`)
      await heldBack(kit, { address, by }, (words) => kit.post.send({ to: address, ...words }))
    },
  }
}

/** Milliseconds ahead of now. */
const soonest = 6000
/** Where the list was written too late for that, since others had their turn. */
const later = [15_000, 30_000]

/** A message may wait for days, and a reader change their mind meanwhile. */
function scheduledBefore(kit: ListKit): Part {
  const { mailbox, post, profile, verify, wire } = kit
  const within = profile.mail.delivery.within * 1000
  const tryIn = async (milliseconds: number) => {
    const [address, willing] = [mailbox.address('unwilling'), mailbox.address('willing')]
    const canary = mailbox.canary()
    const there = await timesThere(kit)
    const due = Date.now() + milliseconds
    const schedule = async (to: string) => {
      const sendAt = there(due)
      return (await post.send({ to, subject: canary, text: canary, sendAt })).exchange
    }
    const scheduled = await schedule(address)
    const other = await schedule(willing)
    const by = await suppress(kit, address)
    const wasInTime = by.startedAt + by.milliseconds < due - margin
    return { address, willing, canary, due, scheduled, other, wasInTime, wait: milliseconds + within }
  }
  return {
    name: 'scheduled before',
    async judge() {
      let tried = await tryIn(soonest)
      for (const milliseconds of later) if (!tried.wasInTime) tried = await tryIn(milliseconds)
      const { address, willing, canary, due, scheduled, other, wasInTime, wait } = tried
      verify.held(
        wasInTime,
        'it was suppressed so late that the message may have been on its way',
        'run it when the target has less to do',
      )
      for (const exchange of [scheduled, other]) verify.accepted(exchange)
      const [arrived] = await wire.arrival({ to: willing }, { within: wait }).catch(() => [])
      verify.held(
        arrived !== undefined,
        'a scheduled message to somebody who is not on the list did not arrive',
      )
      if (arrived !== undefined) leftAtItsTime(kit, arrived, due)
      await verify.fenced()
      const mail = await deliveredTo({ wire }, canary, address)
      verify.that(mail === null, {
        ...{ of: scheduled, mail: mail ?? undefined },
        expected: 'nothing is sent to who was suppressed before it was due',
        actual: 'the message that was scheduled before that reached them',
      })
    },
  }
}

/** What others do about a tenant's list: another tenant, and somebody of the same without the right to. */
export function listsOfOthers(kit: ListKit, { isHeldTo }: Unwilling): Part[] {
  const { api, mailbox, profile, verify } = kit
  const added: Part = {
    name: 'another tenant adds it',
    async judge() {
      const address = mailbox.address('willing')
      const by = await suppress(kit, address, 'neighbour')
      const { arrived, exchange } = await reached(kit, address)
      verify.answered(exchange)
      verify.that(arrived !== null, {
        ...{ of: exchange, after: by },
        expected: `mail for ${address}, which is on the suppression list of another tenant alone`,
        actual: `it was answered ${api.said(exchange)}, and none came`,
      })
    },
  }
  const removedBy = (name: string, by: () => string): Part => ({
    name,
    async judge() {
      const as = by()
      verify.held(
        isHeldTo,
        'mail reaches whoever is on the list, so that a removal makes no difference',
        'mend that first',
      )
      const email = mailbox.address('unwilling')
      await suppress(kit, email)
      const removal = await api.call('suppression.delete', { email }, as)
      if (removal.answer !== 'accepted') verify.answered(removal, 'the effect decides')
      const { arrived, exchange } = await reached(kit, email)
      verify.answered(exchange, 'the effect decides')
      verify.that(arrived === null, {
        ...{ of: removal, mail: arrived ?? undefined },
        expected: `no mail for ${email}, which its owner has put on the suppression list`,
        actual: `${as} took it off, and a message reached it`,
      })
    },
  })
  const isThere = profile.principals['neighbour'] !== undefined
  const removes = api.has('suppression.delete', 'email')
  const keys = Object.entries(profile.principals).some(
    ([, { scopes, tenant }]) => scopes !== undefined && tenant === profile.principals[owner]?.tenant,
  )
  return [
    ...(isThere ? [added] : []),
    ...(isThere && removes ? [removedBy('another tenant removes it', () => 'neighbour')] : []),
    ...(keys && removes ? [removedBy('a key without the right removes it', () => withoutTheRight(kit))] : []),
  ]
}

/** Not applicable where every key of the profile may. */
function withoutTheRight({ profile, verify }: ListKit): string {
  const holder = keyHolders({ profile, verify }).find(
    ({ granted, ownOnly }) => ![...granted, ...ownOnly].includes('suppression.delete'),
  )
  verify.applies(holder !== undefined, 'every key of the profile may change the list')
  return holder?.name ?? ''
}
