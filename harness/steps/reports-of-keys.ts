import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { shape, wording } from '../probes/answer-shapes.ts'
import { madeUpLike } from './doors.ts'
import { channelsOpenedBy, type KeyChannel, type MadeKey, makeKey } from './key-channels.ts'
import { isTold, keyOfSomebody } from './makers-of-keys.ts'
import { allScopes, type WayIn, waysIn } from './networks-of-keys.ts'
import { type AuditLog, loggedMeanwhile, settled, sure } from './uses-of-ended-keys.ts'

type ReportsKit = Pick<
  Kit,
  'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'submission' | 'verify' | 'wire'
>

/** Of each channel, as many as servers that share one store are told apart by. */
const tries = 3

/** A report of a key that was made for it, beside reports of less than keys. */
export interface Reported {
  /** Those that the key opened before. */
  readonly channels: readonly KeyChannel[]
  /** The report of the key itself. */
  readonly by: Exchange
  /** A key that nobody reported. */
  readonly other: MadeKey
  /** What else is judged of it, once the key has stopped where it does. */
  readonly parts: readonly Part[]
}

/** What somebody shows who does not have the key. */
interface Less {
  readonly name: string
  readonly of: MadeKey
  /** `null` where the target shows no such thing. */
  readonly shown: string | null
}

/** A guard: a key opens its channels, and a report of it is accepted. */
export async function reportedKey(kit: ReportsKit): Promise<Reported> {
  const { api, mailbox, verify } = kit
  const made = () => makeKey(kit, 'to be looked at', allScopes(kit))
  const [key, other, ...spared] = await Promise.all([made(), made(), made(), made(), made()])
  const ways = await waysIn(kit, other)
  const report = (secret: string) => api.call('key.report', { secret })
  const channels = await channelsOpenedBy(kit, key, { tries })

  const less = lessThan(spared)
  let reports: Reports | null = null
  const act = async () => {
    const inVain = await Promise.all(
      less.map(({ shown }) => (shown === null ? null : settled(report(shown)))),
    )
    const nobodys = await settled(report(madeUpLike(key.secret, mailbox.canary())))
    const by = verify.accepted(await report(key.secret))
    reports = { inVain, nobodys, by }
  }
  const use = (shown: MadeKey) => ways[0]?.show(shown) ?? Promise.resolve()
  const log = api.has('audit.list') ? await settled(loggedMeanwhile(kit, use, act)) : null
  if (log === null) await act()
  const { inVain, nobodys, by } = reported(reports, log)
  return {
    ...{ channels, by, other },
    parts: [
      ...less.map(({ name, of, shown }, at) => ({
        name: `by ${name}`,
        judge: () => revokesNothing(kit, ways, { key, of, by: inVain[at] ?? null, shown }),
      })),
      { name: 'what is answered', judge: async () => tellsNothing(kit, by, sure(nobodys)) },
      { name: 'the audit log', judge: async () => isRecorded(kit, by, key, log) },
      { name: 'its maker is told', judge: () => makerIsTold(kit, report) },
    ],
  }
}

interface Reports {
  readonly inVain: readonly (Exchange | Error | null)[]
  readonly nobodys: Exchange | Error
  readonly by: Exchange
}

/** What came of them, or why nothing did. */
function reported(reports: Reports | null, log: AuditLog | Error | null): Reports {
  if (reports !== null) return reports
  throw log instanceof Error ? log : new Error('expected reports')
}

function lessThan([first, second, third]: readonly MadeKey[]): Less[] {
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('expected three keys')
  const { prefix = null, secret } = second
  return [
    { name: 'its id alone', of: first, shown: first.id },
    { name: 'its prefix alone', of: second, shown: prefix === secret ? null : prefix },
    { name: 'the key with another end', of: third, shown: withOtherEnd(third.secret) },
  ]
}

/** Of the same length and letters: the last eight the other way round, or others where that is the same. */
export function withOtherEnd(secret: string): string {
  const [head, end] = [secret.slice(0, -8), [...secret.slice(-8)]]
  const turned = end.toReversed().join('')
  return (
    head + (turned === end.join('') ? turned.replace(/./g, (each) => (each === '0' ? '1' : '0')) : turned)
  )
}

/** A verdict: a key goes on of which less than itself was reported, by what it is answered once a whole one has stopped. */
async function revokesNothing(
  { api, verify }: ReportsKit,
  [way]: readonly WayIn[],
  { key, of, by, shown }: { key: MadeKey; of: MadeKey; by: Exchange | Error | null; shown: string | null },
): Promise<void> {
  verify.applies(shown !== null && by !== null, 'the target shows no such part of its keys')
  const report = sure(by)
  if (way === undefined || report === null) throw new Error('expected a way in, and a report')
  verify.answered(report, 'the effect decides')
  verify.held(
    !(await way.show(key)).isIn,
    'the key that was reported whole lets in still: what reports of less do cannot be told from what is not done yet',
    'mend first what is found of that key itself',
  )
  const { exchange, isIn } = await way.show(of)
  if (!isIn) verify.answered(exchange)
  verify.that(isIn, {
    ...{ of: exchange, operation: 'key.report', after: report, severity: 'medium' },
    expected: 'a report ends a key by the key itself alone: others know its id and its prefix',
    actual: `it was answered ${api.said(report)}, and the key opens nothing any more`,
  })
}

/** A verdict: whoever has what may be a key learns nothing by reporting it. */
function tellsNothing({ api, verify }: ReportsKit, real: Exchange, nobodys: Exchange): void {
  verify.answered(nobodys)
  const isAlike = shape(real) === shape(nobodys) || wording(real) === wording(nobodys)
  verify.that(isAlike, {
    ...{ of: nobodys, severity: 'low' },
    expected: 'the same is answered whether what is reported is a key or not',
    actual: `a key is answered ${api.said(real)}, and what is none ${api.said(nobodys)}`,
  })
}

function isRecorded(
  { api, verify }: ReportsKit,
  by: Exchange,
  key: MadeKey,
  log: AuditLog | Error | null,
): void {
  verify.applies(log !== null, 'profile declares no audit.list')
  const { since, shown } = sure(log ?? new Error('expected a log'))
  verify.that(since(key).length > 0, {
    ...{ of: by, operation: 'audit.list', severity: 'medium' },
    expected: 'the audit log tells of the report, with the id of the key',
    actual: `none of the entries since names the key: ${api.said(shown)}`,
  })
}

async function makerIsTold(kit: ReportsKit, report: (secret: string) => Promise<Exchange>): Promise<void> {
  const { profile, verify } = kit
  const within = profile.policies.keys?.alert
  verify.applies(
    within !== undefined,
    'the profile promises nobody that they are told of their keys (policies.keys.alert)',
  )
  const { key, maker } = await keyOfSomebody(kit, 'to be looked at')
  const told = { operation: 'key.report', of: 'that it was found somewhere', within: within ?? 0 } as const
  await isTold(kit, maker, async () => verify.accepted(await report(key.secret)), told)
}
