import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import { createSender, type Posted } from './bursts.ts'

/** Messages, of which so many go out together. */
const [burst, atOnce] = [100, 10]
/** Seconds: of who is slower than ten a second it is not known whether that is his limit. */
const longest = 10
/** No provider says to take more (Amazon SES and Postmark 50, SendGrid and Mailgun 1,000, as their documents have it in 2026). */
const mostRecipients = 1000

/** Something of which there may be too much in one go. */
export interface Unbounded extends Variant {
  /** A verdict: there is a limit to it, within a bounded probe. */
  judge(): Promise<void>
}

/**
 * Messages in a row, where the profile neither promises nor demands a limit of them, and recipients of one message. Guesses at
 * secrets are a matter of a check of their own, whatever is promised.
 */
export function unboundedThings(kit: Kit): Unbounded[] {
  const { limit, demand } = kit.profile.policies.limits?.send ?? {}
  const isJudgedElsewhere = limit !== undefined || demand !== undefined
  return [
    ...(isJudgedElsewhere ? [] : [{ name: 'messages', judge: () => messagesAreLimited(kit) }]),
    { name: 'recipients of a message', judge: () => recipientsAreLimited(kit) },
  ]
}

function usualSender({ operations }: Kit['profile']): string {
  return operations['message.send']?.as ?? 'sender'
}

async function messagesAreLimited(kit: Kit): Promise<void> {
  const { post, profile, verify } = kit
  // One who is there to be exhausted, where there is one.
  const principal = profile.policies.limits?.send?.principal ?? usualSender(profile)
  verify.accepted((await post.send({}, principal)).exchange)
  const sender = createSender(kit, principal)
  const prepared = await sender.prepare(burst)
  const began = performance.now()
  const posted: Posted[] = []
  while (posted.length < burst && !posted.some(({ exchange }) => isHeldBack(exchange))) {
    const volley = prepared.slice(posted.length, posted.length + atOnce)
    posted.push(...(await sender.send(volley)).posted)
  }
  const seconds = (performance.now() - began) / 1000
  const heldBack = posted.some(({ exchange }) => isHeldBack(exchange))
  const lost = posted.find(({ exchange }) => exchange.answer !== 'accepted' && !isHeldBack(exchange))
  verify.held(
    heldBack || lost === undefined,
    `one of ${burst} messages was neither accepted nor refused: ${lost && kit.api.said(lost.exchange)}`,
  )
  const { perSecond } = profile.budget ?? {}
  verify.held(heldBack || seconds <= longest, ...tooSlow(seconds, perSecond))
  const of = posted[0]?.exchange
  verify.that(heldBack, {
    ...{ of, volleys: of === undefined ? undefined : [{ of, count: burst }] },
    expected: `a limit within ${burst} messages of ${principal}`,
    actual: `${posted.length} messages were accepted in ${seconds.toFixed(1)} s, and none was refused${paced(perSecond)}`,
  })
}

function tooSlow(seconds: number, perSecond: number | undefined): readonly [reason: string, remedy: string] {
  const took = `${burst} messages took ${seconds.toFixed(1)} s`
  const instead = 'or say in policies.limits.send what you want to see'
  return perSecond === undefined
    ? [
        `${took}: so slow a target may have a limit that does not show`,
        `run again when the machine has less to do, ${instead}`,
      ]
    : [
        `${took}${paced(perSecond)}`,
        `raise budget.perSecond for this check, run again when the machine has less to do, ${instead}`,
      ]
}

/** Who reads the verdict may know of a limit that the run kept below. */
function paced(perSecond: number | undefined): string {
  return perSecond === undefined
    ? ''
    : `: the run keeps to ${perSecond} requests a second (budget.perSecond), and a limit above that does not show`
}

async function recipientsAreLimited({ mailbox, post, profile, verify }: Kit): Promise<void> {
  // Not the one whose messages are few: recipients may count as messages.
  const principal = usualSender(profile)
  verify.accepted((await post.send({}, principal)).exchange)
  const most = profile.policies.limits?.recipients ?? mostRecipients
  for (const count of [10, 100, most + 1].filter((each) => each <= most + 1).sort((a, b) => a - b)) {
    const to = Array.from({ length: count }, () => mailbox.address('reader'))
    const { exchange } = await post.send({ to }, principal)
    if (isHeldBack(exchange)) return void verify.that(true, { expected: 'a limit', actual: '' })
    verify.accepted(exchange)
    verify.that(count <= most, {
      of: exchange,
      expected: `a message to more than ${most} recipients is refused`,
      actual: `one to ${count} was accepted`,
    })
  }
}

function isHeldBack({ answer, response }: Posted['exchange']): boolean {
  return answer === 'limited' || answer === 'refused' || answer === 'invalid' || response?.status === 413
}
