import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'

/** A message that had to come again later for one of its recipients, or may have had to. */
export interface PutOffMessage {
  readonly recipients: readonly string[]
  readonly sent: Sent
}

type Send = (to: readonly string[]) => Promise<Sent>
type Options = Pick<Kit, 'wire' | 'mailbox' | 'saw' | 'profile' | 'verify' | 'mailpit' | 'runReach' | 'alone'>

/** The odds that none of them meets a failure are one in a million. */
const chaosMessages = 20
const chaos = { Recipient: { ErrorCode: 451, Probability: 50 } }

/**
 * Has mail put off: `send` is called for each message, and what it sent is given back once all of it has come or the
 * time that `policies.retry.within` promises is over. The wire puts one recipient off, once, and shows it. Where the target
 * delivers to a Mailpit without a wire in front, Mailpit's chaos puts every second one off for a while, which everybody
 * notices who uses that Mailpit. Throws Unproven where nothing was put off.
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

async function onTheWire({ wire, mailbox, profile, verify }: Options, send: Send): Promise<PutOffMessage[]> {
  const within = profile.mail.delivery.within * 1000
  const [to, other] = [mailbox.address('put-off'), mailbox.address('accepted')]
  await wire.deferNext(to)
  const sent = await send([to, other])
  verify.accepted(sent.exchange)
  // A connection may stay open until the next try, which then ends the wait.
  await Promise.race([wire.session({ recipient: to }, { within }), wire.arrival({ to }, { within })]).catch(
    unlessSeen,
  )
  const session = (await wire.sessions({ recipient: to })).find(({ transcript }) =>
    transcript.some(({ from, text }) => from === 'server' && text.startsWith('451')),
  )
  verify.held(
    session !== undefined,
    `the target did not try to deliver within ${within / 1000} s, so nothing could be put off`,
    'see mail.delivery.within in the profile',
  )
  return [{ recipients: [to, other], sent }]
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
      Array.from({ length: chaosMessages }, async () => {
        // One recipient: a mailbox cannot tell which copy was for whom.
        const recipients = [mailbox.address('chaos')]
        const sent = await send(recipients)
        verify.accepted(sent.exchange)
        return { recipients, sent }
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
