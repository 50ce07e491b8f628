import type { MailpitClient } from 'mailpit-api'
import type { EvidenceMakers } from '../check/evidence.ts'
import { accepted, type Mailbox } from '../check/mailbox.ts'
import type { Evidence, Exchange, Reach } from '../model.ts'
import type { Profile } from '../profile/profile.ts'
import { unlessSeen, type Wire } from '../sandbox/client.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'

/** A message that had to come again later for one of its recipients, or may have had to. */
export interface PutOffMessage {
  readonly recipients: readonly string[]
  readonly exchange: Exchange
  /** What shows that mail was put off. */
  readonly seen: readonly Evidence[]
}

/**
 * Has mail put off: `send` is called for each message, and what it sent is given back once all of it has come or the
 * time that `policies.retry.within` promises is over. Throws Unproven where nothing was put off.
 */
export type PutOff = (send: (to: readonly string[]) => Promise<Exchange>) => Promise<PutOffMessage[]>

interface Options {
  readonly wire: Wire
  readonly mailbox: Mailbox
  readonly evidence: EvidenceMakers
  readonly profile: Profile
  readonly client: Pick<MailpitClient, 'getChaosTriggers' | 'setChaosTriggers'>
  /** How far the run may go. */
  readonly runReach: Reach
  /** Waits until no other check runs; none begins before this one has ended. */
  readonly alone: () => Promise<void>
}

/** The odds that none of them meets a failure are one in a million. */
const chaosMessages = 20
const chaos = { Recipient: { ErrorCode: 451, Probability: 50 } }

/**
 * The wire puts one recipient off, once, and shows it. Where the target delivers to a Mailpit without a wire in front,
 * Mailpit's chaos puts every second one off for a while, which everybody notices who uses that Mailpit.
 */
export function createPutOff(options: Options): PutOff {
  const { wire, profile } = options
  const retry = (profile.policies.retry?.within ?? 0) * 1000
  const way = profile.mail.recipients?.route === 'mailpit' ? byChaos : onTheWire
  return async (send) => {
    const messages = await way(options, send)
    const recipients = messages.flatMap((message) => message.recipients)
    await Promise.all(recipients.map((to) => wire.arrival({ to }, { within: retry }).catch(unlessSeen)))
    return messages
  }
}

type Way = (options: Options, send: Parameters<PutOff>[0]) => Promise<PutOffMessage[]>

const onTheWire: Way = async ({ wire, mailbox, evidence, profile }, send) => {
  const within = profile.mail.delivery.within * 1000
  const [to, other] = [mailbox.address('put-off'), mailbox.address('accepted')]
  await wire.deferNext(to)
  const exchange = accepted(await send([to, other]))
  // A connection may stay open until the next try, which then ends the wait.
  await Promise.race([wire.session({ recipient: to }, { within }), wire.arrival({ to }, { within })]).catch(
    unlessSeen,
  )
  const session = (await wire.sessions({ recipient: to })).find(({ transcript }) =>
    transcript.some(({ from, text }) => from === 'server' && text.startsWith('451')),
  )
  if (session === undefined)
    throw new Unproven(
      `the target did not try to deliver within ${within / 1000} s, so nothing could be put off`,
      'see mail.delivery.within in the profile',
    )
  return [{ recipients: [to, other], exchange, seen: [evidence.session(session)] }]
}

const byChaos: Way = async (options, send) => {
  const { client, mailbox, runReach, alone } = options
  if (runReach !== 'disruptive')
    throw new NotApplicable(
      'the target delivers to Mailpit itself, and its chaos disturbs everybody who uses it: allow it with --reach disruptive',
    )
  const before = await client.getChaosTriggers().catch(() => {
    throw new NotApplicable('Mailpit’s chaos is not enabled: start it with --enable-chaos')
  })
  if (Object.values(before).some(({ Probability }) => Probability > 0))
    throw new Unproven(
      'Mailpit’s chaos is at work already: somebody else uses it, or a run that was killed left it on',
      'switch it off in Mailpit’s settings, or by PUT /api/v1/chaos with {}',
    )
  await alone()
  try {
    await client.setChaosTriggers(chaos)
    const sent = await Promise.all(
      Array.from({ length: chaosMessages }, async () => {
        // One recipient: a mailbox cannot tell which copy was for whom.
        const recipients = [mailbox.address('chaos')]
        return { recipients, exchange: accepted(await send(recipients)) }
      }),
    )
    const seen = await firstTries(
      options,
      sent.flatMap(({ recipients }) => recipients),
    )
    return sent.map((message) => ({ ...message, seen: [seen] }))
  } finally {
    await client.setChaosTriggers(before).catch((cause: unknown) => {
      throw new Error(
        'Mailpit’s chaos could not be switched off again: do it in its settings, or by PUT /api/v1/chaos with {}',
        { cause },
      )
    })
  }
}

/**
 * Until half of the recipients have mail, for which the other half was put off: whoever refused mail for longer might
 * have the target give up rightly.
 */
async function firstTries({ wire, evidence, profile }: Options, recipients: readonly string[]) {
  const within = profile.mail.delivery.within * 1000
  let come = 0
  const half = Promise.withResolvers<void>()
  const arrivals = recipients.map(async (to) => {
    const came = await wire.arrival({ to }, { within }).catch(unlessSeen)
    if (came !== undefined && ++come === recipients.length / 2) half.resolve()
  })
  await Promise.race([half.promise, Promise.all(arrivals)])
  if (come === 0)
    throw new Unproven(
      `no mail at all came within ${within / 1000} s while Mailpit put every second recipient off`,
      'see mail.delivery.within in the profile',
    )
  return evidence.measurement(
    `Mailpit’s chaos answered every second RCPT with 451 until ${come} of ${recipients.length} recipients had their mail`,
  )
}
