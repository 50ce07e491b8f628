import { compose, oneOfBatch, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Exchange } from '../model.ts'
import { limitBypasses } from '../probes/limit-bypasses.ts'
import {
  freshWindow,
  inWords,
  largestBurst,
  type Prepared,
  type Sender,
  type SendLimit,
  sendTogether,
  sentOf,
  someAtATime,
  type TriedLimit,
  tryLimit,
  withShortAnswer,
} from './bursts.ts'
import type { WayAround } from './ways-around.ts'

/** Messages in one call. */
const inBatch = 5
/** Of one message by SMTP alone. */
const tries = 4

/** Changes of the plain request, and the other channels that are open to the principal. */
export async function waysAround(kit: Kit, sender: Sender, principal: string): Promise<WayAround[]> {
  const { api, mailbox, post, profile, reach, submission } = kit
  const { from: own } = profile.principals[principal]?.values ?? {}
  const from = typeof own === 'string' ? own : profile.mail.from
  const changes = limitBypasses.map(({ name, change }) => ({
    name: `a change of the ${name}`,
    prepare: (count: number) => sender.prepare(count, change),
  }))
  const composed = (to: string) => compose({ from, to, ...mailbox.letter() })
  const rawOf = async (to: string) => wholeMessage(api, from, to, await composed(to))
  const raw: WayAround = {
    name: 'composed messages',
    async prepare(count) {
      await reach.take('mail', count)
      return someAtATime(count, async () => {
        const to = mailbox.address('burst')
        const input = await rawOf(to)
        const request = await api.prepare('message.raw', input, principal)
        return {
          to,
          send: () => api.send(request, { operation: 'message.raw', principal, input, unlimited: true }),
        }
      })
    },
    alone: async () => api.call('message.raw', await rawOf(mailbox.address('burst')), principal),
  }
  const { token } = await api.credential(principal)
  const submitted = async (): Promise<Prepared> => {
    const to = mailbox.address('burst')
    const session = await post.signIn(token)
    const raw = (await composed(to)).toString()
    const send = () => session.send({ from, to: [to], raw })
    return { to, send: async () => (await send().finally(session.close)).exchange }
  }
  const afterAnother = async () => {
    await post.send({}, principal)
    return (await submitted()).send()
  }
  const bySmtp: WayAround = {
    name: 'SMTP',
    prepare: (count) => someAtATime(count, submitted),
    async alone() {
      // Nobody says when to come back, but the API does; others may use the limit up again before it is their turn.
      let exchange = await afterAnother()
      for (let tried = 1; tried < tries && exchange.answer !== 'accepted'; tried++)
        exchange = await afterAnother()
      return exchange
    },
  }
  const opens = async () => (await post.authenticate(token)).answer === 'accepted'
  return [
    ...changes,
    ...(api.has('message.raw') ? [raw] : []),
    ...(submission.ports.length > 0 && (await opens()) ? [bySmtp] : []),
  ]
}

/**
 * The limit, met by messages of which some come in one call. Throws Unproven where none of them is accepted, or the window is
 * too long to wait for one in which nothing was sent.
 */
export async function tryInBatches(kit: Kit, limit: SendLimit): Promise<TriedLimit> {
  const { profile, reach, verify } = kit
  const { window, principal } = limit
  verify.held(
    window <= reach.patience,
    `the limit is of ${window} s, and a window in which nothing was sent is not waited for`,
    'shorten it in this environment',
  )
  const options = { most: largestBurst(limit, profile.budget), patience: reach.patience }
  await freshWindow(limit, reach.patience)
  const tried = await tryLimit(limit, batchSender(kit, principal), options)
  const answer = tried.bursts[0]?.sample ?? null
  verify.held(
    tried.bursts.some(({ accepted }) => accepted > 0),
    `no message of a batch was accepted: ${answer === null ? 'none was sent' : kit.api.said(answer)}`,
    `see message.batch in the profile, and that ${principal} may make it`,
  )
  return tried
}

/** A verdict: as many messages pass in batches as by themselves, and no more; where all are taken, what is sent of them counts. */
export async function judgeBatches(
  kit: Pick<Kit, 'profile' | 'verify' | 'wire'>,
  { bursts, judgement }: TriedLimit,
): Promise<void> {
  const { profile, verify } = kit
  if (typeof judgement === 'object')
    verify.held(false, judgement.unclear, 'lower the limit in this environment, or shorten its window')
  const last = bursts.findLast(({ accepted }) => accepted > 0)
  const of = last?.sample ?? undefined
  const isKept = judgement === 'broken' && seesMail(profile) && (await sentOf(kit, bursts)).isKept
  if (isKept) verify.remark('messages in batches were accepted, and what is too much was never sent')
  verify.that(judgement === 'holds' || isKept, {
    of,
    volleys: of === undefined ? undefined : [{ of, count: Math.ceil((last?.sent ?? 1) / inBatch) }],
    expected: 'no more messages in batches than by themselves',
    actual: `of messages in batches of ${inBatch} that were sent at once ${inWords(bursts)}`,
  })
}

/** Sends some at a time, in one call. */
function batchSender({ api, mailbox, reach }: Kit, principal: string): Sender {
  const batch = async (count: number): Promise<Prepared[]> => {
    const letters = Array.from({ length: count }, () => ({
      to: mailbox.address('burst'),
      ...mailbox.letter(),
    }))
    const input = { messages: letters }
    const request = await api.prepare('message.batch', input, principal)
    let sent: Promise<Exchange> | null = null
    const send = () => {
      // Shortened here: all messages of the batch hold on to it.
      sent ??= api
        .send(request, { operation: 'message.batch', principal, input, unlimited: true })
        .then((answered) => withShortAnswer(answered, api.redact))
      return sent
    }
    return letters.map(({ to }, at) => ({ to, send: async () => oneOfBatch(await send(), at, 'limited') }))
  }
  return {
    async prepare(count) {
      await reach.take('mail', count)
      const sizeOf = (n: number) => Math.min(inBatch, count - n * inBatch)
      return (await someAtATime(Math.ceil(count / inBatch), (n) => batch(sizeOf(n)))).flat()
    },
    send: (...volleys) => sendTogether({ api, reach }, volleys),
  }
}
