import type { As } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery, DnsRecord } from '../model.ts'
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
}

export function domainIn({ mailbox, suffixes }: DomainKit, label: string): string {
  return `${label}-${mailbox.canary().slice(0, 16)}.${suffixes.at(-1)}`
}

/** The call, and what it gives; `null` where it was refused. */
export async function add({ api, verify }: DomainKit, text: string, as?: As) {
  const exchange = await api.call('domain.create', { name: text }, as)
  if (exchange.answer !== 'accepted') return { exchange, added: null }
  const { id, records } = exchange.result ?? {}
  verify.held(id !== undefined, 'domain.create gave no id', 'map result.id of domain.create in the profile')
  return { exchange, added: { name: text, id, records: shownRecords(records) } }
}

/** Some tell what to publish when they are asked again. */
export async function recordsOf(
  { api }: DomainKit,
  { id, records }: Added,
  as?: As,
): Promise<readonly DnsRecord[]> {
  if (records.length > 0 || !api.has('domain.get')) return records
  return shownRecords((await api.call('domain.get', { id }, as)).result?.['records'])
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
  const said = (await stateOf(kit, added, as)) ?? checked.result?.['verified']
  verify.held(
    said !== undefined && said !== before,
    `a domain whose records are published is ${String(said)} as before`,
    'see that the target asks the sandbox’s DNS, and result.verified of domain.get or domain.verify in the profile',
  )
  return { ...added, records, said }
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
