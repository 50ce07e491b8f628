import { plural } from '../../reports/wording.ts'
import type { About } from '../model.ts'
import type { Profile } from '../profile/profile.ts'
import { isSubmissionAlone } from '../profile/submission-alone.ts'
import type { Proof } from './proofs.ts'

/** What a run will ask of its target, by what its checks asked of the reference API when they were proved. */
export interface Expected {
  /** By HTTP. */
  readonly requests: number
  /** To ports of submission, and for handshakes of TLS. */
  readonly connections: number
  /** Copies. */
  readonly mails: number
  /** Checks of which nobody has counted it. */
  readonly uncounted: number
}

/** Of one check; `null` where nobody has counted it. A fence is a message. */
export function expectedOf(proof: Proof | undefined): Omit<Expected, 'uncounted'> | null {
  if (proof?.spent === undefined) return null
  const { mails, fences, connections } = proof.spent
  return { requests: proof.requests + fences, connections, mails: mails + fences }
}

/** Of those that would be run. */
export function expectedOfAll(
  checks: readonly Pick<About, 'id'>[],
  proofs: ReadonlyMap<string, Proof>,
): Expected {
  const each = checks.map(({ id }) => expectedOf(proofs.get(id)))
  const sum = (what: keyof Omit<Expected, 'uncounted'>) =>
    each.reduce((total, expected) => total + (expected?.[what] ?? 0), 0)
  return {
    ...{ requests: sum('requests'), connections: sum('connections'), mails: sum('mails') },
    uncounted: each.filter((expected) => expected === null).length,
  }
}

/** `about 12 requests, 1 connection and 7 mails`; of a submission service alone, each message takes a connection. */
export function amounts(
  { requests, connections, mails }: Omit<Expected, 'uncounted'>,
  profile: Pick<Profile, 'target'>,
): string {
  if (isSubmissionAlone(profile))
    return `about ${plural(requests + connections, 'connection')} and ${plural(mails, 'mail')}`
  return `about ${plural(requests, 'request')}, ${plural(connections, 'connection')} and ${plural(mails, 'mail')}`
}

/** How that compares with what the profile allows and the account may do: sentences, those that ask for something last. */
export function comparisons(
  { mails, requests, connections, uncounted }: Expected,
  { budget = {}, mail, policies }: Pick<Profile, 'budget' | 'mail' | 'policies'>,
): string[] {
  const { limit, window, demand } = policies.limits?.send ?? {}
  const promised = limit === undefined || window === undefined ? undefined : { limit, window }
  const send = promised ?? demand
  const asked = requests + connections
  const over = (
    [
      ['mails', mails, budget.mails],
      ['requests', asked, budget.requests],
    ] as const
  ).flatMap(([name, about, most]) =>
    most === undefined || about <= most
      ? []
      : [
          `about ${about} ${name} are more than budget.${name} allows (${most}): what comes later will be unproven; raise it, or run fewer checks`,
        ],
  )
  return [
    ...(uncounted === 0 ? [] : [`of ${plural(uncounted, 'check')} nobody has counted what it takes`]),
    ...(budget.perSecond === undefined
      ? []
      : [
          `at ${budget.perSecond} requests a second (budget.perSecond) they take about ${span(asked / budget.perSecond)}`,
        ]),
    ...(mail.inFlight === undefined || mails === 0
      ? []
      : [
          `at most ${mail.inFlight} mails are on their way at once (mail.inFlight): at worst they take ${span(Math.ceil(mails / mail.inFlight) * mail.delivery.within)}, if each takes all of mail.delivery.within`,
        ]),
    ...over,
    ...(send === undefined || mails <= send.limit
      ? []
      : [
          `about ${mails} mails are more than ${send.limit} in ${send.window} s, which is ${promised === undefined ? 'demanded' : 'promised'} by policies.limits.send: where that holds for who sends, they take at least ${span((mails / send.limit) * send.window)}, and what is refused meanwhile may be unproven; raise it for this test, or pace the run (budget.perSecond, mail.inFlight)`,
        ]),
  ]
}

/** Of seconds, in words. */
function span(seconds: number): string {
  if (seconds < 120) return plural(Math.ceil(seconds), 'second')
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 ? plural(minutes, 'minute') : plural(Math.ceil(minutes / 60), 'hour')
}
