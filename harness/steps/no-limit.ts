import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { createSender, type Posted } from './bursts.ts'

/** Messages, of which so many go out together. */
const [burst, fewAtOnce] = [100, 10]
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
  const first = await post.send({}, principal)
  verify.accepted(first.exchange)
  if (seesMail(profile)) await first.delivered()
  const sender = createSender(kit, principal)
  const prepared = await sender.prepare(burst)
  // A run that is held to a pace waits until all may leave together.
  const atOnce = profile.budget?.perSecond === undefined ? fewAtOnce : burst
  const posted: Posted[] = []
  let [seconds, heldBack] = [0, false]
  while (posted.length < burst && !heldBack) {
    const sent = await sender.send(prepared.slice(posted.length, posted.length + atOnce))
    posted.push(...sent.posted)
    seconds += sent.seconds
    heldBack = volleysOf(sent.posted).some(areLimited)
  }
  const lost = posted.find(({ exchange }) => exchange.answer !== 'accepted')
  verify.held(
    heldBack || lost === undefined,
    `one of ${burst} messages was not accepted, and others were after it: ${lost && kit.api.said(lost.exchange)}`,
    'see why the target refuses a benign message now and then; where it is for their number, say in policies.limits.send what you want to see',
  )
  verify.held(
    heldBack || seconds <= longest,
    `${burst} messages took ${seconds.toFixed(1)} s: so slow a target may have a limit that does not show`,
    'run again when the machine has less to do, or say in policies.limits.send what you want to see',
  )
  const of = posted[0]?.exchange
  // Some take all, and keep what is too much.
  const sent = heldBack ? 0 : await reached(kit, posted)
  const kept = heldBack ? 0 : posted.length - sent
  verify.held(
    kept === 0 || kept >= fewAtOnce,
    `${posted.length} messages were accepted, and ${kept} of them did not come: whether a limit kept them, or they were lost, cannot be told`,
    'see the queue of the target, and mail.delivery.within in the profile',
  )
  if (kept > 0) verify.remark(`${posted.length} messages were accepted, and ${sent} of them were sent`)
  verify.that(heldBack || kept > 0, {
    ...{ of, volleys: of === undefined ? undefined : [{ of, count: burst }] },
    expected: `a limit within ${burst} messages of ${principal}`,
    actual: `${posted.length} messages were accepted in ${seconds.toFixed(1)} s, and none was refused`,
  })
}

function volleysOf(posted: readonly Posted[]): Posted[][] {
  const starts = posted.flatMap((_, at) => (at % fewAtOnce === 0 ? [at] : []))
  return starts.map((at) => posted.slice(at, at + fewAtOnce))
}

/** A limit says so, or refuses what comes after it as well: who refuses one now and then counts nothing. */
function areLimited(volley: readonly Posted[]): boolean {
  const heldBack = volley.filter(({ exchange }) => isHeldBack(exchange))
  return volley.some(({ exchange }) => exchange.answer === 'limited') || heldBack.length * 2 >= volley.length
}

/** How many of the messages reached the wire; all that were accepted where nobody sees mail. */
async function reached({ post, profile }: Pick<Kit, 'post' | 'profile'>, posted: readonly Posted[]) {
  if (!seesMail(profile)) return posted.length
  const came = await Promise.all(posted.map(({ to, exchange }) => post.of(to, exchange).arrived()))
  return came.filter((mail) => mail !== null).length
}

async function recipientsAreLimited(kit: Kit): Promise<void> {
  const { mailbox, post, profile, verify } = kit
  // Not the one whose messages are few: recipients may count as messages.
  const principal = usualSender(profile)
  verify.accepted((await post.send({}, principal)).exchange)
  const most = profile.policies.limits?.recipients ?? mostRecipients
  for (const count of [10, 100, most + 1].filter((each) => each <= most + 1).sort((a, b) => a - b)) {
    const send = async () => {
      const to = Array.from({ length: count }, () => mailbox.address('reader'))
      return { to, exchange: (await post.send({ to }, principal)).exchange }
    }
    const first = await send()
    // Once may be chance.
    const isTold = first.exchange.answer === 'limited' || !isHeldBack(first.exchange)
    const { to, exchange } = isTold ? first : await send()
    if (isHeldBack(exchange)) return void verify.that(true, { expected: 'a limit', actual: '' })
    if (count > most && (await isStopped(kit, to, exchange)))
      return void verify.that(true, { expected: 'a limit', actual: '' })
    verify.accepted(exchange)
    verify.that(count <= most, {
      of: exchange,
      expected: `a message to more than ${most} recipients is refused`,
      actual: `one to ${count} was accepted`,
    })
  }
}

/** A guard where it was not accepted: the target took the message or broke on it, and neither its first reader nor its last got it. */
async function isStopped(
  { post, profile, verify }: Kit,
  readers: readonly string[],
  exchange: Exchange,
): Promise<boolean> {
  if (!seesMail(profile)) return false
  const looked = [readers.at(0), readers.at(-1)].map((reader = '') => post.of(reader, exchange).arrived())
  if ((await Promise.all(looked)).some((mail) => mail !== null)) return false
  if (exchange.answer === 'accepted') verify.remark('it was accepted, and never sent')
  else verify.answered(exchange, 'the effect decides')
  return true
}

function isHeldBack({ answer, response }: Posted['exchange']): boolean {
  return answer === 'limited' || answer === 'refused' || answer === 'invalid' || response?.status === 413
}
