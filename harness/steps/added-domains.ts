import { setTimeout as after } from 'node:timers/promises'
import type { As } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery, DnsRecord, Exchange } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import { shownRecords } from '../probes/shown-records.ts'

export type DomainKit = Pick<Kit, 'api' | 'dns' | 'mailbox' | 'post' | 'suffixes' | 'verify'>

/** A domain that somebody has added, and what is to be published for it. */
export interface Added {
  readonly name: string
  readonly id: unknown
  readonly records: readonly DnsRecord[]
}

export interface Verified extends Added {
  /** What the target says of it since. */
  readonly said: unknown
  /** Milliseconds after the call for it until that was said: none where whoever calls waits for it. */
  readonly took: number
}

export function domainIn({ mailbox, suffixes }: DomainKit, label: string): string {
  return `${label}-${mailbox.canary().slice(0, 16)}.${suffixes.at(-1)}`
}

/** The call, and what it gives; `null` where it was refused. */
export async function add(kit: DomainKit, text: string, as?: As) {
  const { api, verify } = kit
  const exchange = await api.call('domain.create', { name: text }, as)
  if (exchange.answer !== 'accepted') return { exchange, added: null }
  const { id, records } = exchange.result ?? {}
  verify.held(id !== undefined, 'domain.create gave no id', 'map result.id of domain.create in the profile')
  const added = { name: text, id, records: [] }
  return { exchange, added: { ...added, records: shownTo(kit, added, records) } }
}

/** Names that lie in no zone of ours are told by their beginning, with `@` for the domain itself (RFC 1035 §5.1). */
function shownTo(
  { suffixes }: Pick<DomainKit, 'suffixes'>,
  { name: domain }: Pick<Added, 'name'>,
  said: unknown,
): readonly DnsRecord[] {
  const [zone = ''] = suffixes
  const within = domain.toLowerCase()
  return shownRecords(said).map((record) => {
    const { name } = record
    if (name.endsWith(`.${zone}`)) return record
    return { ...record, name: name === '@' || name === '' ? within : `${name}.${within}` }
  })
}

/** Some tell what to publish when they are asked again. */
export async function recordsOf(kit: DomainKit, added: Added, as?: As): Promise<readonly DnsRecord[]> {
  const { id, records } = added
  if (records.length > 0 || !kit.api.has('domain.get')) return records
  return shownTo(kit, added, (await kit.api.call('domain.get', { id }, as)).result?.['records'])
}

/** A guard: somebody who publishes what he is told to has the domain verified. */
export async function verified(kit: DomainKit, name: string, as?: As): Promise<Verified> {
  const { api, dns, verify } = kit
  const { exchange, added } = await add(kit, name, as)
  verify.accepted(exchange)
  if (added === null) throw new TypeError('expected a domain of a call that was accepted')
  const records = await recordsOf(kit, added, as)
  verify.held(
    records.length > 0,
    'nothing says what is to be published for a domain',
    'map result.records of domain.create or domain.get in the profile: each with a name, a type and a value',
  )
  const before = await stateOf(kit, added, as)
  await dns.publish(inZone(kit, records))
  const checked = verify.accepted(await api.call('domain.verify', { id: added.id }, as))
  const within = api.profile.mail.delivery.within * 1000
  const { said, took } = await saidSince(kit, added, { before, checked, within }, as)
  verify.held(
    said !== undefined && said !== before && !isOnItsWay(said),
    `a domain is ${String(said)} ${within / 1000} s after its records were published, and was ${String(before)} before`,
    'see that the target asks the sandbox’s DNS, and result.verified of domain.get or domain.verify in the profile; where it takes longer, mail.delivery.within',
  )
  return { ...added, records, said, took }
}

/** What some say of a domain whose records they are about to look up. */
function isOnItsWay(said: unknown): boolean {
  return typeof said === 'string' && /pend|progress|check|wait|queue|process|start/i.test(said)
}

/** What comes of a look at records has come by three times as long as a right one took: milliseconds. */
export const doneBy = (took: number) => (took === 0 ? 0 : 3 * took + 250)

/** Milliseconds between two looks, the first and the last. */
const [soon, late] = [50, 1000]

/** What is said of a domain once it is another than before, or after so many milliseconds: some look records up when they have answered. */
export async function saidSince(
  kit: DomainKit,
  added: Pick<Added, 'id'>,
  {
    before,
    checked,
    within,
  }: { readonly before: unknown; readonly checked: Exchange; readonly within: number },
  as?: As,
): Promise<{ readonly said: unknown; readonly took: number }> {
  const answered = Date.now()
  for (let pause = soon; ; pause = Math.min(2 * pause, late)) {
    const asked = Date.now()
    const said = (await stateOf(kit, added, as)) ?? checked.result?.['verified']
    const isSaid = said !== undefined && said !== before && !isOnItsWay(said)
    if (isSaid || !kit.api.has('domain.get') || asked - answered >= within)
      return { said, took: pause === soon ? 0 : asked - answered }
    await after(pause)
  }
}

export async function stateOf({ api }: DomainKit, { id }: Pick<Added, 'id'>, as?: As): Promise<unknown> {
  return api.has('domain.get') ? (await api.call('domain.get', { id }, as)).result?.['verified'] : undefined
}

export function inZone({ suffixes }: DomainKit, records: readonly DnsRecord[]): DnsRecord[] {
  const [zone = ''] = suffixes
  return records.filter(({ name }) => name.endsWith(`.${zone}`))
}

export const senderAt = (domain: string) => `postmaster@${domain}`

/** A guard: whose it is sends from it. */
export async function sends({ post }: DomainKit, domain: string, as?: As): Promise<void> {
  await (await post.send({ from: senderAt(domain) }, as)).delivered()
}

/** Some write a sender of theirs in the place of one that is not the caller's. */
export function saysFrom({ raw }: Delivery, sender: string): boolean {
  return readHeaders(raw)
    .field('From')
    .some(({ value }) => value.toLowerCase().includes(`@${sender}`))
}
