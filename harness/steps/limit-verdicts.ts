import { retryAfter } from '../api/retry-after.ts'
import type { Kit } from '../check/kit.ts'
import type { Volley } from '../check/trail.ts'
import type { Exchange } from '../model.ts'
import { unlessUnproven } from '../verdicts.ts'
import { type ComingBack, inWords, type RefusedButSent, type SendLimit, type TriedLimit } from './bursts.ts'

/** What came of bursts against a promised limit of sending. */
export interface MetLimit extends TriedLimit {
  readonly limit: SendLimit
  /** The last refusal by the limit, and what it says; `null` where none came. */
  readonly refusal: Exchange | null
  /** `null` where the refusal says nothing of coming back, or too late a time. */
  readonly back:
    | (Pick<ComingBack, 'refusal' | 'isTelling'> & { readonly message: { readonly exchange: Exchange } })
    | null
  /**
   * What reached the wire of the messages that were refused, once others of the principal came through; `null` where nobody sees
   * mail. Throws Unproven.
   */
  readonly sent: (() => Promise<RefusedButSent>) | null
  /** How many of the last burst were sent, and whether the others were kept back by a limit; `null` where nobody sees mail. */
  readonly reached: (() => Promise<{ readonly count: number; readonly isKept: boolean }>) | null
}

interface Question {
  readonly name: string
  judge(by: By, met: MetLimit): void | Promise<void>
}

type By = Pick<Kit, 'api' | 'saw' | 'verify'>

/** The questions that have an answer: of refusals only where there are any, of coming back only where one says when, of mail where it is seen. */
export function limitQuestions({ refusal, sent }: MetLimit): Question[] {
  const pause = refusal === null ? null : retryAfter(refusal)
  return [
    { name: 'the limit', judge: limitHolds },
    ...(refusal === null ? [] : [{ name: 'when to come back', judge: saysWhenToComeBack }]),
    ...(pause === null ? [] : [{ name: 'coming back', judge: letsComeBack }]),
    ...(refusal === null || sent === null ? [] : [{ name: 'what was refused', judge: sendsNothingRefused }]),
  ]
}

async function limitHolds({ api, verify }: By, met: MetLimit): Promise<void> {
  const { limit, bursts, judgement, refusal } = met
  const other = bursts.at(-1)?.other ?? null
  if (typeof judgement === 'object')
    verify.held(
      false,
      other === null ? judgement.unclear : `${judgement.unclear}, first ${api.said(other)}`,
      `${other === null ? '' : 'where that is how it tells of a limit, say so (operations.message.send.limited in the profile); else '}lower the limit of ${limit.principal} in this environment or shorten its window, raise the budget, or run it on a quieter machine`,
    )
  const sample = refusal ?? bursts.at(-1)?.sample ?? null
  if (sample === null) return
  const holds = judgement === 'holds' && refusal !== null
  // Where no fence came through, what was answered counts.
  const reached = holds ? null : await met.reached?.().catch(unlessUnproven)
  verify.that(holds, {
    ...{ of: sample, volleys: asInBurst(sample, bursts), severity: reached?.isKept ? 'low' : undefined },
    expected: `429 after ${limit.limit} messages in ${limit.window} s`,
    actual: `of messages that were sent at once ${inWords(bursts)}${reached?.isKept ? `; ${reached.count} of the last ones were sent, and nobody is told of the others` : ''}`,
  })
}

/** A refusal comes only where as many are sent at once. */
function asInBurst(of: Exchange, bursts: MetLimit['bursts']): Volley[] {
  return [{ of, count: bursts.at(-1)?.sent ?? 1 }]
}

function saysWhenToComeBack({ verify }: By, { bursts, refusal }: MetLimit): void {
  if (refusal === null) return
  const pause = retryAfter(refusal)
  const field = refusal.response?.headers.find(([name]) => name === 'retry-after')?.[1]
  verify.that(pause !== null && pause >= 0 && pause <= 86_400, {
    ...{ of: refusal, volleys: asInBurst(refusal, bursts) },
    severity: field === undefined ? 'low' : 'medium',
    expected: 'a Retry-After of seconds or a date within a day, or the reset of a RateLimit field',
    actual: field === undefined ? 'nothing says when there is room again' : `Retry-After: ${field}`,
  })
}

function letsComeBack({ api, saw, verify }: By, { limit, refusal, back }: MetLimit): void {
  if (refusal === null) return
  const pause = retryAfter(back?.refusal ?? refusal)
  verify.held(
    back !== null,
    `the refusal names ${pause} s: whether it is honest shows only by the clock`,
    'shorten the window in this environment',
  )
  if (back === null) return
  const { exchange } = back.message
  if (exchange.response === null) verify.answered(exchange)
  verify.held(
    back.isTelling,
    `the refusal names ${pause} s, and each time the window of ${limit.window} s was over before a message came back`,
    'run it on a quieter machine, or make the window longer',
  )
  saw.called(back.refusal)
  verify.that(exchange.answer === 'accepted', {
    of: exchange,
    severity: 'medium',
    expected: `a message accepted after the ${pause} s that the refusal names`,
    actual: `it was answered ${api.said(exchange)}`,
  })
}

async function sendsNothingRefused({ verify }: By, met: MetLimit): Promise<void> {
  const { refusal } = met
  const sent = await met.sent?.()
  if (refusal === null || sent === undefined) return
  verify.that(sent.count === 0, {
    ...{ of: refusal, mail: sent.first, volleys: asInBurst(refusal, met.bursts) },
    expected: 'what is answered 429 is not sent',
    actual: `${sent.count} messages that were answered 429 reached the wire`,
  })
}
