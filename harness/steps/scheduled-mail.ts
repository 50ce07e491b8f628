import { setTimeout as after, setImmediate as started } from 'node:timers/promises'
import type { Ready } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Part } from '../check/verify.ts'
import { isObject } from '../json.ts'
import type { Delivery, DnsRecord, Exchange } from '../model.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { Unproven } from '../verdicts.ts'
import { canMakeAccounts, createAccounts, holderOfSession, signInAs } from './accounts.ts'
import { makeKey, sendingBy, sendingScopes } from './key-channels.ts'
import { sameAtOnce } from './same-at-once.ts'

type SchedulingKit = Pick<
  Kit,
  ('api' | 'dns' | 'endpoints' | 'inSandbox' | 'mailbox' | 'post') | ('profile' | 'reach' | 'verify' | 'wire')
> & { readonly clock: Clock }

/** Milliseconds. */
interface Clock {
  now(): number
  pause(milliseconds: number): Promise<unknown>
}
const ours: Clock = { now: Date.now, pause: after }

/** Seconds ahead for which mail is scheduled: as few as let everything be done before, or as the target takes. */
const leads = [8, 70]
/** So much more where something was done too late. */
const longer = 30
/** Milliseconds: clocks that tell whole seconds differ by up to two. */
export const margin = 2000
/** Calls that cancel one message at once. */
const atOnce = 4

/** A time for which mail is scheduled, and a message that leaves then. */
interface Due {
  /** Seconds. */
  readonly lead: number
  /** Epoch milliseconds of our clock. */
  readonly at: number
  /** The same by the target's clock: RFC 3339, UTC. */
  readonly sendAt: string
  readonly control: Sent
  /** A guard: the control arrives, not before its time, and so does a message that is due a second later. */
  over(): Promise<void>
}

/** Whatever a message that is to be stopped says, and who sends it. */
interface Prepared {
  readonly from?: string
  readonly send?: (message: Readonly<Record<string, unknown>>) => Promise<Sent>
  /** Does what it must not leave after. */
  stop(sent: Sent): Promise<Exchange>
}

interface Hindrance {
  readonly name: string
  readonly isThere: boolean
  /** What the finding is of: the message that left, or the call that said that it would not. */
  readonly of: 'message' | 'stop'
  prepare(): Promise<Prepared>
}

/** What is scheduled for one time and must arrive once, or not at all. */
export function scheduledMail(given: Omit<SchedulingKit, 'clock'>, clock: Clock = ours): Part[] {
  const kit: SchedulingKit = { ...given, clock }
  const { api, mailbox, post, profile, verify, wire } = kit
  const within = profile.mail.delivery.within * 1000
  const preparing: Promise<unknown>[] = []
  let common: Promise<Due> | null = null
  /** Once all that is to be made before was made: a machine that has much to do takes its time for it. */
  const due = () => {
    common ??= started()
      .then(() => Promise.allSettled(preparing))
      .then(() => nearest(kit))
    return common
  }

  const stopped = ({ name, of, prepare }: Hindrance): Part => ({
    name,
    async judge() {
      const first = prepare()
      preparing.push(first)
      const tried = await stoppedInTime(kit, [() => first, prepare], due)
      const { sent, by, time } = tried
      await time.over()
      // Of its own: what all share is that of one.
      await verify.fenced()
      const [mail] = await wire.deliveries({ to: sent.to })
      verify.held(
        mail === undefined || mail.receivedAt > by.startedAt,
        'a message that was scheduled left before its time',
      )
      verify.that(mail === undefined, {
        ...{ of: of === 'message' ? sent.exchange : by, mail },
        expected: `no message arrives that was scheduled: ${name}, ${Math.round((time.at - by.startedAt) / 1000)} s before`,
        actual: 'it arrived',
      })
    },
  })

  const cancel = (id: unknown, ready?: Ready) => {
    verify.held(
      typeof id === 'string' && id !== '',
      'message.send gave no id',
      'map result.id of message.send in the profile',
    )
    return api.call('message.cancel', { id }, undefined, { ready })
  }

  return [
    {
      name: 'as it was scheduled',
      async judge() {
        const { control, over } = await due()
        await over()
        const copies = (await wire.deliveries({ to: control.to })).length
        verify.that(copies === 1, {
          of: control.exchange,
          expected: 'a message that was scheduled arrives once',
          actual: `it arrived ${copies} times`,
        })
      },
    },
    ...hindrances(kit, cancel)
      .filter(({ isThere }) => isThere)
      .map(stopped),
    ...(api.has('message.cancel')
      ? [
          {
            name: 'cancelled while it leaves',
            async judge() {
              verify.applies(
                profile.mail.recipients?.route !== 'mailpit',
                'nobody sees here when a message leaves',
              )
              const first = await due()
              for (const lead of [null, first.lead, first.lead + longer]) {
                const { at, sendAt } = lead === null ? first : await dueIn(kit, lead)
                const sent = await post.send({ to: mailbox.address('slow', 'slow'), sendAt })
                verify.accepted(sent.exchange)
                await clock.pause(Math.max(0, at - margin - clock.now()))
                await seenLeaving(kit, sent.to, at + within)
                const by = await cancel(sent.exchange.result?.['id'])
                verify.answered(by)
                const came = await wire.arrival({ to: sent.to }, { within }).catch(unlessSeen)
                const mail = came?.[0]
                // Who had it all before he answered refuses rightly what he would have taken back a moment before.
                const isLate = mail !== undefined && mail.receivedAt < by.startedAt + by.milliseconds
                if (by.answer !== 'accepted' && isLate) continue
                verify.that(by.answer !== 'accepted' || mail === undefined, {
                  ...{ of: by, mail },
                  expected: 'what is answered as cancelled does not arrive',
                  actual: `it was answered ${api.said(by)} while the message left, and it arrived`,
                })
                return
              }
              throw new Unproven(
                'it was answered when the message had left already, three times',
                'run again when the machine has less to do',
              )
            },
          },
        ]
      : []),
  ]
}

/** The nearest time that the target takes. Unproven where it takes none. */
async function nearest(kit: SchedulingKit): Promise<Due> {
  const { api, verify } = kit
  let last = ''
  for (const lead of leads) {
    const due = await dueIn(kit, lead)
    const { exchange } = due.control
    if (exchange.answer === 'accepted') return due
    verify.answered(exchange)
    last = api.said(exchange)
  }
  throw new Unproven(
    `message.send for a time in ${leads.join(' s and in ')} s was answered ${last}`,
    'see how sendAt is written in message.send of the profile, and which times the target takes',
  )
}

/** How a time of our clock is written to the target: RFC 3339, UTC, by its own. */
export async function timesThere({ endpoints }: Pick<Kit, 'endpoints'>): Promise<(time: number) => string> {
  const ahead = (await endpoints.clock()) ?? 0
  return (time) => new Date(time + ahead).toISOString()
}

/** A guard: what was scheduled for a time of our clock left no sooner. */
export function leftAtItsTime(
  { verify }: Pick<Kit, 'verify'>,
  { receivedAt }: Pick<Delivery, 'receivedAt'>,
  at: number,
): void {
  verify.held(
    receivedAt > at - margin,
    'a message that was scheduled for later left before its time',
    'see how sendAt is written in message.send of the profile, and whether the clocks of the target and of this machine agree',
  )
}

async function dueIn(kit: SchedulingKit, lead: number): Promise<Due> {
  const { clock, post, verify } = kit
  const there = await timesThere(kit)
  const at = clock.now() + lead * 1000
  const sendAt = there(at)
  const control = await post.send({ sendAt })
  // Whoever sends what is due in its order has sent the rest when this comes.
  const last =
    control.exchange.answer === 'accepted' ? await post.send({ sendAt: there(at + 1000) }) : control
  let over: Promise<void> | null = null
  return {
    ...{ lead, at, sendAt, control },
    over() {
      over ??= (async () => {
        await clock.pause(Math.max(0, at + 1000 - clock.now()))
        leftAtItsTime({ verify }, await control.delivered(), at)
        await last.delivered()
        await verify.fenced()
      })()
      return over
    },
  }
}

/** A guard: a message is scheduled, and well before its time is done what it must not leave after. */
async function stoppedInTime(
  kit: SchedulingKit,
  prepare: readonly Hindrance['prepare'][],
  due: () => Promise<Due>,
): Promise<{ readonly sent: Sent; readonly by: Exchange; readonly time: Due }> {
  const { clock, post, verify } = kit
  for (const [at, prepareOne] of prepare.entries()) {
    const isLast = at === prepare.length - 1
    const prepared = await prepareOne()
    const time = isLast ? await dueIn(kit, (await due()).lead + longer) : await due()
    const { from, send = post.send } = prepared
    const sent = await send({ sendAt: time.sendAt, ...(from === undefined ? {} : { from }) })
    // What is scheduled for a time that is past may be refused.
    if (!isLast && clock.now() > time.at - margin) continue
    verify.accepted(sent.exchange)
    const by = await prepared.stop(sent)
    if (by.startedAt + by.milliseconds < time.at - margin) return { sent, by: verify.accepted(by), time }
  }
  throw new Unproven(
    `it was not done ${margin / 1000} s before the message was due`,
    'run again when the machine has less to do',
  )
}

/** What the profile has operations for. */
function hindrances(
  kit: SchedulingKit,
  cancel: (id: unknown, ready?: Ready) => Promise<Exchange>,
): Hindrance[] {
  const { api, inSandbox, post, verify } = kit
  const cancelling = (name: string, stop: (id: unknown) => Promise<Exchange>): Hindrance => ({
    name,
    of: 'stop',
    isThere: api.has('message.cancel'),
    prepare: async () => ({ stop: ({ exchange }) => stop(exchange.result?.['id']) }),
  })
  const role = rolesThatSend(kit)[0]
  return [
    {
      name: 'its key was revoked',
      of: 'message',
      isThere: api.has('key.create') && api.has('key.revoke'),
      async prepare() {
        const { id, secret } = await makeKey(kit, 'to be revoked', sendingScopes(kit))
        verify.held(id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
        const send = await sendingBy(kit, secret)
        await (await send()).delivered()
        return { send, stop: () => api.call('key.revoke', { id }) }
      },
    },
    {
      name: 'its sender was deactivated',
      of: 'message',
      isThere: api.has('user.deactivate') && canMakeAccounts(api) && role !== undefined && signsIn(kit),
      async prepare() {
        const account = await createAccounts(kit).create('leaver', role)
        verify.held(
          account.id !== null,
          'user.create gave no id',
          'map result.id of user.create in the profile',
        )
        const { exchange, credential } = await signInAs(kit, account)
        verify.accepted(exchange)
        const send = (message: Readonly<Record<string, unknown>>) => post.send(message, credential)
        await (await send({})).delivered()
        return { send, stop: () => api.call('user.deactivate', { id: account.id }) }
      },
    },
    {
      name: 'its sending domain was removed',
      of: 'message',
      isThere:
        inSandbox &&
        post.carries('from') &&
        api.has('domain.create', 'name') &&
        api.has('domain.verify') &&
        api.has('domain.delete'),
      async prepare() {
        const { id, name } = await verifiedDomain(kit)
        const from = `postmaster@${name}`
        await (await post.send({ from })).delivered()
        return { from, stop: () => api.call('domain.delete', { id }) }
      },
    },
    {
      name: 'its recipient was suppressed',
      of: 'message',
      isThere: api.has('suppression.create', 'email'),
      prepare: async () => ({
        stop: ({ to }) =>
          api.call('suppression.create', {
            email: to,
            ...api.carried('suppression.create', { reason: 'test' }),
          }),
      }),
    },
    cancelling('it was cancelled', (id) => cancel(id)),
    cancelling('it was cancelled twice', async (id) => {
      const first = await cancel(id)
      await cancel(id)
      return first
    }),
    cancelling('it was cancelled several times at once', async (id) => {
      const all = await sameAtOnce(kit, atOnce, (ready) => cancel(id, ready))
      return all.find(({ answer }) => answer === 'accepted') ?? (all[0] as Exchange)
    }),
  ]
}

function rolesThatSend({ profile }: Pick<Kit, 'profile'>): string[] {
  return Object.keys(profile.roles).filter(
    (role) => profile.roles[role] === '*' || profile.roles[role]?.includes('message.send'),
  )
}

function signsIn({ profile }: Pick<Kit, 'profile'>): boolean {
  return holderOfSession(profile)[1] !== null
}

/** A guard: a domain of the sandbox from which the target sends, once what it asks for is published. */
async function verifiedDomain({ api, dns, mailbox, verify }: SchedulingKit) {
  const name = `x${mailbox.canary().slice(0, 16)}.${mailbox.domain()}`
  const made = verify.accepted(await api.call('domain.create', { name }))
  const { id, records } = made.result ?? {}
  const asked = (Array.isArray(records) ? records : []).flatMap(recordIn)
  verify.held(
    typeof id === 'string' && asked.length > 0,
    'domain.create gave no id, or no records with name, type and value',
    'map result.id and result.records of domain.create in the profile',
  )
  await dns.publish(asked)
  const verified = verify.accepted(await api.call('domain.verify', { id })).result?.['verified']
  verify.applies(
    verified !== false,
    'the target looks its domains up elsewhere than in the DNS of the sandbox',
  )
  return { id, name }
}

function recordIn(said: unknown): DnsRecord[] {
  const { name, type, value } = isObject(said) ? said : {}
  const isRecord = typeof name === 'string' && typeof value === 'string' && typeof type === 'string'
  return isRecord ? [{ name: name.toLowerCase(), type: type as DnsRecord['type'], value }] : []
}

/** Nothing tells when a session begins: it is looked for until its recipient was named. */
async function seenLeaving({ clock, verify, wire }: SchedulingKit, to: string, until: number): Promise<void> {
  while ((await wire.sessions({ recipient: to })).length === 0 && clock.now() < until) await clock.pause(50)
  verify.held(
    (await wire.sessions({ recipient: to })).length > 0,
    'a scheduled message was not seen to leave',
    'see mail.delivery.within in the profile',
  )
}
