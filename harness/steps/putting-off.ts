import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { NotSeen, type PassingFailure, passingReplies, stages, unlessSeen } from '../sandbox/client.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'

/** A message that had to come again later for one of its recipients, or for all of them. */
export interface PutOffMessage {
  /** By what, and where. */
  readonly name: string
  readonly recipients: readonly string[]
  readonly sent: Sent
  /** A guard: it was put off, which is told. */
  assured(): Promise<void>
}

type Send = (to: readonly string[]) => Promise<Sent>
type Options = Pick<Kit, 'wire' | 'mailbox' | 'saw' | 'profile' | 'verify' | 'mailpit' | 'runReach' | 'alone'>

/** The odds that none of them meets a failure are one in a million. */
const chaosMessages = 20
const chaos = { Recipient: { ErrorCode: 451, Probability: 50 } }

/**
 * Has mail put off: `send` is called for each message, and what it sent is given back once all of it has come or the
 * time that `policies.retry.within` promises is over. The wire does it once to each, by every code and by a dropped connection,
 * at every stage of a session. Where the target delivers to a Mailpit without a wire in front, Mailpit's chaos puts every second
 * recipient off for a while, which everybody notices who uses that Mailpit. Throws Unproven where nothing was put off.
 */
export async function putOff(kit: Options, send: Send): Promise<PutOffMessage[]> {
  const { wire, profile } = kit
  const within = (profile.policies.retry?.within ?? 0) * 1000
  const way = profile.mail.recipients?.route === 'mailpit' ? byChaos : onTheWire
  const messages = await way(kit, send)
  const recipients = messages.flatMap((message) => message.recipients)
  await Promise.all(recipients.map((to) => wire.arrival({ to }, { within }).catch(unlessSeen)))
  return messages
}

/** Messages of one answer each are one variant in a report. */
const failures: readonly PassingFailure[] = stages.flatMap((stage) =>
  passingReplies.map((reply) => ({ stage, reply })),
)

async function onTheWire(kit: Options, send: Send): Promise<PutOffMessage[]> {
  const { wire, mailbox, profile } = kit
  const within = profile.mail.delivery.within * 1000
  const messages = await Promise.all(
    failures.map(async (failure): Promise<PutOffMessage> => {
      // A domain of its own, and with it an exchanger.
      const domain = wire.domain('sound', mailbox.canary())
      const [to, ...others] = [`put-off@${domain}`, `beside@${domain}`]
      await wire.failOnce(to, failure)
      const sent = await send([to, ...others])
      return { ...told(kit, failure, to), recipients: [to, ...others], sent }
    }),
  )
  await Promise.all(
    messages.flatMap(({ recipients: [to = ''] }) =>
      // What was handed over already will meet nothing any more.
      Promise.race([wire.met(to, { within }), wire.arrival({ to }, { within })]).catch(unlessSeen),
    ),
  )
  return messages
}

function told(
  { wire, profile, verify, saw }: Options,
  { stage, reply }: PassingFailure,
  to: string,
): Pick<PutOffMessage, 'name' | 'assured'> {
  const what = reply === 'drop' ? 'a dropped connection' : reply
  const byName = stages.indexOf(stage) < stages.indexOf('RCPT')
  const { within } = profile.mail.delivery
  return {
    name: `${what} at ${stage}`,
    async assured() {
      const isMet = await wire.met(to, { within: 0 }).then(() => true, notMet)
      if (!isMet && byName && profile.mail.recipients?.route === 'relay')
        throw new NotApplicable(
          'all mail comes by one host and port (mail.recipients.route relay): before RCPT nobody knows whose it is',
        )
      verify.held(
        isMet,
        `the target did not try to deliver within ${within} s, or not to the exchanger that this was for`,
        'see mail.delivery.within in the profile, and that it looks up MX and A records in the sandbox’s DNS',
      )
      saw.measured(`the exchanger failed once with mail for ${to}: ${what} at ${stage}`)
    },
  }
}

function notMet(error: Error): boolean {
  if (error instanceof NotSeen) return false
  throw error
}

async function byChaos(kit: Options, send: Send): Promise<PutOffMessage[]> {
  const { mailpit, mailbox, runReach, alone, verify } = kit
  const before = await mailpit.getChaosTriggers().catch(() => {
    throw new NotApplicable('Mailpit’s chaos is not enabled: start it with --enable-chaos')
  })
  if (runReach !== 'disruptive')
    throw new HeldBack(
      'the target delivers to Mailpit itself, and its chaos disturbs everybody who uses it: allow it with --reach disruptive',
    )
  if (Object.values(before).some(({ Probability }) => Probability > 0))
    throw new Unproven(
      'Mailpit’s chaos is at work already: somebody else uses it, or a run that was killed left it on',
      'switch it off in Mailpit’s settings, or by PUT /api/v1/chaos with {}',
    )
  await alone()
  try {
    await mailpit.setChaosTriggers(chaos)
    const messages = await Promise.all(
      Array.from({ length: chaosMessages }, async (_, n) => {
        // One recipient: a mailbox cannot tell which copy was for whom.
        const recipients = [mailbox.address('chaos')]
        const sent = await send(recipients)
        verify.accepted(sent.exchange)
        return { name: `message ${n + 1} in Mailpit’s chaos`, recipients, sent, assured: async () => {} }
      }),
    )
    await firstTries(
      kit,
      messages.flatMap(({ recipients }) => recipients),
    )
    return messages
  } finally {
    await mailpit.setChaosTriggers(before).catch((cause: unknown) => {
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
async function firstTries({ wire, saw, profile }: Options, recipients: readonly string[]): Promise<void> {
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
  saw.measured(
    `Mailpit’s chaos answered every second RCPT with 451 until ${come} of ${recipients.length} recipients had their mail`,
  )
}
