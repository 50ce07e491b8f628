import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Part } from '../check/verify.ts'
import { type Delivery, type Severity, severities } from '../model.ts'
import { domainOf } from '../probes/addresses.ts'
import { readHeaders } from '../probes/headers.ts'
import { customHeadersThatArrive } from './custom-headers.ts'
import { freshPair, gainedIn, sessionsAbout } from './envelopes.ts'
import { waysToHandOver, written } from './foreign-senders.ts'

/** Header fields by which one program or another is told where mail is to come back to, or who is told that it was read. */
const customFields: readonly Field[] = [
  // What becomes of these two in the message is looked at with all that a custom header may not set.
  { field: 'Return-Path', weight: null },
  { field: 'Sender', weight: null },
  { field: 'X-Envelope-From', weight: null },
  { field: 'Errors-To', weight: 'low' },
  { field: 'Disposition-Notification-To', weight: 'low' },
  { field: 'Return-Receipt-To', weight: 'low' },
]
const composedFields: readonly Field[] = [
  { field: 'Return-Path', weight: 'medium' },
  { field: 'Sender', weight: 'medium' },
  { field: 'Errors-To', weight: 'low' },
]

interface Field {
  readonly field: string
  /** What it weighs that it leaves with somebody else’s address in it; `null` where it may. */
  readonly weight: Severity | null
}

/** A way of sending in which a foreign address is said. */
interface Claim {
  readonly name: string
  /** A guard: where benign mail of this way comes back to, as a domain. */
  usual(): Promise<string>
  send(foreign: string): Promise<Sent>
  readonly field?: Field
  /** That of which the foreign address is, where it is not one that nobody has verified. */
  readonly domain?: string
}

/** A place in which an envelope sender is named. */
interface Place {
  readonly name: string
  send(to: string, text: string): Promise<Sent>
}

/** What might have mail come back to somebody else, or take from a sender what tells of bounces. */
export function forcedSenders(kit: Kit): Part[] {
  const { api, mailbox, post, profile, verify, wire } = kit
  const { from } = profile.mail

  const once = (send: () => Promise<Sent>) => {
    let usual: Promise<string> | null = null
    return () => {
      usual ??= send().then(async (sent) => domainOf((await sent.delivered()).envelope.from))
      return usual
    }
  }

  const faultsIn = ({ envelope, raw }: Delivery, usual: string, foreign: string, field?: Field) => {
    const isLost = envelope.from === '' && usual !== ''
    // Where a provider writes an address of its own instead, it is neither.
    const isForeign = domainOf(envelope.from) === domainOf(foreign)
    const inHeader =
      field === undefined || field.weight === null
        ? []
        : readHeaders(raw)
            .field(field.field)
            .filter(({ value }) => value.includes(foreign))
            .map(({ value }) => ({
              text: `${field.field}: ${value.trim()}`,
              severity: field.weight as Severity,
            }))
    return [
      ...(isLost ? [{ text: 'MAIL FROM:<>', severity: 'low' as const }] : []),
      ...(isForeign ? [{ text: `MAIL FROM:<${envelope.from}>`, severity: 'high' as const }] : []),
      ...inHeader,
    ]
  }

  const judged = ({ name, usual, send, field, domain = wire.domain('sound', 'other') }: Claim): Part => ({
    name,
    async judge() {
      const back = await usual()
      const foreign = `bounces-${mailbox.canary()}@${domain}`
      const mail = await send(foreign)
      const delivery = await mail.arrivedUnlessStopped()
      const faults = delivery === null ? [] : faultsIn(delivery, back, foreign, field)
      verify.that(faults.length === 0, {
        ...{ of: mail.exchange, mail: delivery ?? undefined, severity: worst(faults) },
        expected: `mail comes back to ${back === '' ? 'nobody else' : `an address at ${back}`}, or is refused`,
        actual: `it left with ${faults.map(({ text }) => text).join(', ')}`,
      })
    },
  })

  const withParameter = ({ name, send }: Place): Part => ({
    name: `${name}, with a parameter`,
    async judge() {
      await (await send(mailbox.address('returned'), from)).delivered()
      const pair = freshPair(kit)
      const mail = await send(pair.a, `${from}> RET=FULL ENVID=${pair.mark}`)
      const gained = gainedIn(await sessionsAbout(kit, mail, pair), `ENVID=${pair.mark}`)
      verify.that(gained === null, {
        ...{ of: mail.exchange, severity: 'medium' },
        expected: 'the address inside the path of MAIL, or a refusal',
        actual: `the exchanger was told ${gained}: ENVID=${pair.mark}`,
      })
    },
  })

  // Whoever looks a domain up among all that are verified takes that of another customer.
  const sender = profile.principals['neighbour']?.values?.['from']
  const ofOthers = (claim: Claim): Claim[] => [
    { ...claim, name: `${claim.name}, of somebody else` },
    ...(typeof sender === 'string'
      ? [{ ...claim, name: `${claim.name}, of another customer`, domain: domainOf(sender) }]
      : []),
  ]

  let custom: Promise<unknown> | null = null
  const byHttp = once(() => post.send())
  const byHeader: Claim[] = customFields.map((field) => ({
    name: `custom header ${field.field}`,
    field,
    async usual() {
      custom ??= customHeadersThatArrive(kit)
      await custom
      return byHttp()
    },
    send: (foreign) => post.send({ headers: { [field.field]: `<${foreign}>` } }),
  }))

  const composed = waysToHandOver(kit).flatMap(({ channel, hand }) => {
    const whole = (to: string, fields: readonly string[] = []) =>
      written([`From: <${from}>`, ...fields].join('\n'), to, mailbox.letter())
    const send = (fields: readonly string[], sender?: string) => {
      const to = mailbox.address('returned')
      return hand(to, whole(to, fields), sender)
    }
    const usual = once(() => send([]))
    const place: Place = { name: `${channel}, MAIL FROM`, send: (to, text) => hand(to, whole(to), text) }
    const names = channel === 'SMTP' || api.has('message.raw', 'from')
    const claims: Claim[] = [
      ...composedFields.map((field) => ({
        ...{ name: `${channel}, ${field.field}`, usual, field },
        send: (foreign: string) => send([`${field.field}: <${foreign}>`]),
      })),
      ...(names
        ? [
            ...ofOthers({ name: place.name, usual, send: (foreign: string) => send([], foreign) }),
            { ...{ name: `${place.name}, of nobody`, usual }, send: () => send([], '') },
          ]
        : []),
    ]
    // Behind the path of MAIL a client may say parameters: they are the server’s to take.
    return [...claims.map(judged), ...(names && channel === 'raw' ? [withParameter(place)] : [])]
  })

  const returnPath: Place = { name: 'returnPath', send: (to, text) => post.send({ to, returnPath: text }) }
  return [
    ...(api.has('message.send', 'headers') ? byHeader.map(judged) : []),
    ...(api.has('message.send', 'returnPath')
      ? [
          ...ofOthers({
            name: 'returnPath',
            usual: once(() => post.send({ returnPath: from })),
            send: (foreign) => post.send({ returnPath: foreign }),
          }).map(judged),
          withParameter(returnPath),
        ]
      : []),
    ...composed,
  ]
}

function worst(faults: readonly { readonly severity: Severity }[]): Severity | undefined {
  return severities.findLast((severity) => faults.some((fault) => fault.severity === severity))
}
