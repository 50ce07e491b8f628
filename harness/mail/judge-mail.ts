import { activeParts } from '../probes/active-html.ts'
import { evaluateArc } from '../probes/arc.ts'
import { readHeaders } from '../probes/headers.ts'
import { readMail } from '../probes/mail.ts'
import { evaluate } from '../probes/mail-authentication.ts'
import { linkFault, linksIn } from '../probes/mail-links.ts'
import type { RecordingResolver } from '../probes/resolver.ts'
import { chainOf } from './arc.ts'
import { authorOf, dmarcOf, keysOf, signaturesOf, spfOf } from './authentication.ts'
import { about, type Judged } from './judged.ts'
import { mimeJudgements } from './mime-faults.ts'
import { borderOf, type Hop, hopsOf, isEncrypted } from './received.ts'

/** How the message came, where its reader knows better than its Received and Return-Path fields. */
export interface Came {
  readonly ip?: string | undefined
  readonly helo?: string | undefined
  /** `''` for the null reverse-path. */
  readonly mailFrom?: string | undefined
  /** Hosts that its links may lead to; any that is for readers where it is left out. */
  readonly hosts?: readonly string[] | undefined
  readonly resolver: RecordingResolver
}

/** Stands for the address of a client that nobody told: TEST-NET-1 (RFC 5737), from which no mail comes. */
const nowhere = '192.0.2.0'

/**
 * Judges one message as its receiver would: who it is from, DKIM, SPF, DMARC, ARC, the TLS of its way, its links, what is active in
 * its HTML, its form. Asks DNS and nobody else. Throws UnreadableMail for what no program reads.
 */
export async function judgeMail(raw: Uint8Array, came: Came): Promise<readonly Judged[]> {
  const { resolver, hosts = null } = came
  const hops = hopsOf(raw)
  const border = borderOf(hops)
  const ip = came.ip ?? border?.ip ?? null
  const helo = came.helo ?? border?.helo ?? 'unknown.invalid'
  const mailFrom = came.mailFrom ?? returnPathOf(raw)
  const arc = await evaluateArc(raw, resolver)
  const facts = await evaluate(raw, { ip: ip ?? nowhere, helo, mailFrom: mailFrom ?? '', resolver })
  const known = mailFrom === null ? null : ip
  return [
    authorOf(facts),
    ...signaturesOf(facts),
    ...(await keysOf(raw, resolver)),
    spfOf(facts, known),
    ...dmarcOf(facts, known !== null),
    ...chainOf(arc),
    ...wayOf(hops),
    ...(await linksOf(raw, hosts)),
    await htmlOf(raw),
    ...mimeJudgements(raw),
    ...recipientsOf(raw),
  ]
}

function returnPathOf(raw: Uint8Array): string | null {
  const [field] = readHeaders(raw).field('Return-Path')
  return field === undefined ? null : field.value.replace(/^<|>$/g, '')
}

function wayOf(hops: readonly Hop[]): Judged[] {
  if (hops.length === 0) return [about('tls').told('no Received field says how it came')]
  return hops.map((hop, n) => {
    const { right, told, wrong } = about('tls', `hop ${hops.length - n}`)
    const { helo, ip, by, protocol } = hop
    const client = `${helo ?? 'somebody'}${ip === null ? '' : ` [${ip}]`}`
    const seen = `${client} to ${by ?? 'somebody'}, ${protocol ?? 'by what is not said'}`
    const encrypted = isEncrypted(hop)
    if (encrypted === true) return right(`${seen}: with TLS`)
    // Within one machine nobody listens.
    if (encrypted === null || /^(?:127\.|::1$)/.test(ip ?? '')) return told(seen)
    const remedy = 'have both ends speak TLS, and ask for it by MTA-STS or DANE'
    return wrong('low', `${seen}: without TLS, by its own word`, remedy)
  })
}

async function linksOf(raw: Uint8Array, hosts: readonly string[] | null): Promise<Judged[]> {
  const { right, wrong } = about('links')
  const links = await linksIn(raw)
  const faults = new Set(links.flatMap((link) => linkFault(link, hosts) ?? []))
  if (faults.size === 0) return [right(`${links.length} links, none to where no reader should go`)]
  return [...faults].map((fault) =>
    wrong('medium', fault, 'build every link from the public origin, by https'),
  )
}

async function htmlOf(raw: Uint8Array): Promise<Judged> {
  const { right, wrong } = about('html')
  const active = activeParts((await readMail(raw)).html)
  if (active.length === 0) return right('nothing in it runs, loads a document or takes input')
  return wrong('medium', `it holds ${active.join(', ')}`, 'take it out: mail programs do, or run it')
}

function recipientsOf(raw: Uint8Array): Judged[] {
  const { fields } = readHeaders(raw)
  const blind = fields.find(({ name, value }) => /^(?:resent-)?bcc$/i.test(name) && value.includes('@'))
  if (blind === undefined) return []
  const remedy = 'drop it where the message is composed: each reader sees it'
  return [about('recipients').wrong('high', `${blind.name} names blind recipients`, remedy)]
}
