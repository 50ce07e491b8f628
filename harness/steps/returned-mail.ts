import { randomUUID } from 'node:crypto'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import {
  answerOfAbsence,
  complaint,
  delayedDelivery,
  failedDelivery,
  failureInWords,
} from '../probes/mail-reports.ts'
import { forgedPaths, madeUpPaths } from '../probes/return-paths.ts'
import { reached } from './suppressed-mail.ts'

type ReturningKit = Pick<Kit, 'api' | 'inbound' | 'mailbox' | 'post' | 'profile' | 'verify' | 'wire'>

/** Somebody who got mail, and where that is returned to. */
interface Reader {
  readonly address: string
  readonly path: string
}

type Report = (about: { readonly to: string; readonly recipient: string; readonly id: string }) => string

/** What is handed to the target for something of somebody's mail that did not happen. */
interface Forgery {
  readonly name: string
  readonly actual: string
  readonly severity?: 'medium'
  /** Resolves with whom it was about once that is done. */
  forge(): Promise<Forged>
}

interface Forged {
  readonly reader: string
  readonly handed: readonly Awaited<ReturnType<Kit['inbound']['hand']>>[]
}

/**
 * Verdicts on reports of mail that was not returned, nor complained about. A guard comes after all of them: what is truly returned of
 * a reader's mail ends what they get; so that by then the reports before were looked at.
 */
export async function falseReports(kit: ReturningKit): Promise<Part[]> {
  const own = await written(kit)
  const forged = forgeries(kit, own).map((forgery) => ({ forgery, done: settled(forgery.forge()) }))
  for (const { done } of forged) await done
  await trueOneCounts(kit)
  return forged.map(({ forgery, done }) => ({
    name: forgery.name,
    async judge() {
      const outcome = await done
      if (outcome.status === 'rejected') throw outcome.reason
      await stillReads(kit, forgery, outcome.value)
    },
  }))
}

/** Which is looked at later. */
async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([work])
  return outcome
}

/** A message that arrives. */
async function written({ mailbox, post, verify }: ReturningKit, as?: string, to?: string): Promise<Reader> {
  const address = to ?? mailbox.address('reader')
  const { envelope } = await (await post.send({ to: address }, as)).delivered()
  verify.held(
    envelope.from.includes('@'),
    'mail leaves with an empty envelope sender, so that nothing of it is returned',
    'see what the target says in MAIL FROM',
  )
  return { address, path: envelope.from }
}

function handedOver(
  { inbound }: ReturningKit,
  report: Report,
  { to, about, from = '', tenant }: { to: string; about: string; from?: string; tenant?: string },
) {
  const raw = report({ to, recipient: about, id: randomUUID() })
  return inbound.hand({ from, to: [to], raw }, [
    { operation: 'suppression.create', input: { email: about }, principal: tenant },
  ])
}

/** The mail that a report is true of may be looked at a while after it was handed over. */
const looks = 5

async function trueOneCounts(kit: ReturningKit): Promise<void> {
  const { api, verify } = kit
  const reader = await written(kit)
  const { exchange } = await handedOver(kit, failedDelivery, { to: reader.path, about: reader.address })
  let isWritten = true
  for (let look = 0; look < looks && isWritten && exchange.answer === 'accepted'; look++)
    isWritten = (await reached(kit, reader.address)).arrived !== null
  verify.held(
    !isWritten,
    `a message to a reader was returned as undeliverable, which was answered ${api.said(exchange)}, and mail to them still comes`,
    'see whether mail.inbound of the profile leads to what takes bounces of the target: where these end nothing, false ones do not either',
  )
}

/** A verdict: mail for somebody still arrives after these reports. */
async function stillReads(
  kit: ReturningKit,
  { actual, severity }: Forgery,
  { reader, handed }: Forged,
): Promise<void> {
  const { api, verify } = kit
  for (const { exchange } of handed) verify.answered(exchange, 'the effect decides')
  const taken = handed.find(({ exchange }) => exchange.answer === 'accepted') ?? handed[0]
  taken?.show()
  const { arrived, exchange } = await reached(kit, reader)
  verify.answered(exchange)
  verify.that(arrived !== null, {
    severity,
    expected: `mail for ${reader}: nobody gets less mail by what did not come back of theirs`,
    actual: `${actual}, and mail for ${reader} was answered ${api.said(exchange)} and did not come`,
  })
}

function forgeries(kit: ReturningKit, own: Reader): Forgery[] {
  const { mailbox, profile, verify } = kit
  /** By the return path of mail that somebody else got. */
  const about = (name: string, report: Report): Forgery => ({
    name,
    actual: 'the return path of somebody else’s message was told so',
    async forge() {
      const reader = mailbox.address('victim')
      return { reader, handed: [await handedOver(kit, report, { to: own.path, about: reader })] }
    },
  })
  const madeUp: Forgery = {
    name: 'a made-up return path',
    actual: 'addresses that no message was sent from were told of a failed delivery',
    async forge() {
      const reader = mailbox.address('victim')
      const handed = madeUpPaths(own.path).map((to) => handedOver(kit, failedDelivery, { to, about: reader }))
      return { reader, handed: await Promise.all(handed) }
    },
  }
  const ofPaths = forgedPaths.map(
    ({ name, paths }): Forgery => ({
      name,
      actual: 'return paths that were made of others were told of a failed delivery',
      async forge() {
        const other = await written(kit, undefined, mailbox.address('victim'))
        const made = paths({
          ...{ own: own.path, ownAddress: own.address },
          ...{ other: other.path, otherAddress: other.address },
        })
        verify.applies(made.length > 0, 'nothing of two return paths can be changed so')
        const handed = made.map((to) => handedOver(kit, failedDelivery, { to, about: other.address }))
        return { reader: other.address, handed: await Promise.all(handed) }
      },
    }),
  )
  const elsewhere: Forgery = {
    name: 'a failed delivery of another tenant’s mail',
    actual: 'a message of another tenant to them was returned',
    async forge() {
      const reader = await written(kit, 'neighbour', mailbox.address('victim'))
      const about = { to: reader.path, about: reader.address, tenant: 'neighbour' }
      return { reader: reader.address, handed: [await handedOver(kit, failedDelivery, about)] }
    },
  }
  /** By their own return path, which tells of less. */
  const less = (name: string, report: Report, actual: string, isTheirs: boolean): Forgery => ({
    ...{ name, actual, severity: 'medium' },
    async forge() {
      const { path, address } = await written(kit, undefined, mailbox.address('reader'))
      const asked = { to: path, about: address, ...(isTheirs ? { from: address } : {}) }
      return { reader: address, handed: [await handedOver(kit, report, asked)] }
    },
  })
  return [
    about('a failed delivery of somebody else’s mail', failedDelivery),
    about('a complaint about somebody else’s mail', complaint),
    about('a failed delivery of somebody else’s mail, in words', failureInWords),
    madeUp,
    ...ofPaths,
    ...(profile.principals['neighbour'] === undefined ? [] : [elsewhere]),
    less('an answer of who is away', answerOfAbsence, 'a program answered that the reader is away', true),
    less('a delayed delivery', delayedDelivery, 'a server told that it goes on trying', false),
  ]
}
