import type { Answer, SoaAnswer } from 'dns-packet'
import type { DnsRecord, Personality } from '../model.ts'
import { recordAnswer } from './dns-records.ts'
import { canonicalName, isUnder, meaningOf } from './names.ts'

export interface Zone {
  readonly name: string
  /** Stands beside an answer that there is nothing (RFC 2308 §3). */
  authority(name: string): SoaAnswer
  /** Adds records; the same record twice is one. Throws where a name is outside the zone or a value is malformed. */
  publish(records: readonly DnsRecord[]): void
  /** Takes all published records of a name away; what the sandbox itself answers stays. */
  withdraw(name: string): void
  /**
   * Answers in order (CNAMEs first); `null` where the name does not exist (NXDOMAIN), `[]` where it has no such data.
   * Of what is above the zone it knows that there is nothing but the zone.
   */
  answer(name: string, type: string): Promise<Answer[] | null>
  /** Whether it can answer for this name: of the zone, above it, or of a service or policy of what is above it. */
  knows(name: string): boolean
}

export interface Leads {
  /** Where the sandbox's own names lead. */
  readonly address: string
  /** Where the name server's name leads. */
  readonly nameserver: string
  /** Where an exchanger's name leads instead; `null` for `address`. */
  addressOf(host: string, personality: Personality): Promise<string | null>
}

const maximumAliases = 8
const maximumRecords = 10_000

/** What the sandbox's zone holds: names of exchangers, made up as they are asked for, and published records. */
export function createZone(name: string, leads: Leads): Zone {
  const published = new Map<string, Map<string, Answer>>()
  let records = 0

  const isParent = (parent: string) => {
    for (const known of published.keys()) if (isUnder(known, parent)) return true
    return false
  }
  const soa: SoaAnswer = {
    type: 'SOA',
    name,
    ttl: 0,
    data: {
      mname: `ns.${name}`,
      rname: `postmaster.${name}`,
      serial: 1,
      refresh: 60,
      retry: 60,
      expire: 60,
      minimum: 0,
    },
  }
  const at = async (owner: string): Promise<Answer[]> => {
    const own = [...(published.get(owner)?.values() ?? [])]
    const types = new Set(own.map(({ type }) => type))
    const made = await synthesised(owner, { zone: name, leads, soa })
    return [...own, ...made.filter(({ type }) => !types.has(type))]
  }
  const isAbove = (owner: string) => owner === '' || isUnder(name, owner)
  const exists = (owner: string) => isAbove(owner) || meaningOf(owner, name) !== null || isParent(owner)

  return {
    name,
    authority: (asked) => (isUnder(asked, name) ? soa : { ...soa, name: asked.split('.').at(-1) || '.' }),
    publish(added) {
      for (const record of added) {
        const owner = canonicalName(record.name)
        if (!isUnder(owner, name)) {
          throw new Error(`Expected a name in the sandbox's zone ${name}, saw ${record.name}.`)
        }
        if (records >= maximumRecords)
          throw new Error(`Expected at most ${maximumRecords} published records.`)
        const answer = recordAnswer({ ...record, name: owner })
        const owned = published.get(owner) ?? new Map<string, Answer>()
        const known = owned.size
        owned.set(`${record.type} ${record.value}`, answer)
        published.set(owner, owned)
        records += owned.size - known
      }
    },
    withdraw(withdrawn) {
      const owner = canonicalName(withdrawn)
      records -= published.get(owner)?.size ?? 0
      published.delete(owner)
    },
    // A DMARC policy is looked for above the zone, too (RFC 9989 §4.10), and nobody else can be asked in this world.
    knows: (asked) => isUnder(asked, name) || isAbove(asked.replace(/^(?:_[^.]*\.?)+/, '')),
    async answer(asked, type) {
      const answers: Answer[] = []
      let owner = asked
      for (let aliases = 0; aliases < maximumAliases; aliases += 1) {
        if (!exists(owner)) return answers.length > 0 ? answers : null
        const here = await at(owner)
        const alias = here.find((answer) => answer.type === 'CNAME')
        if (!alias || type === 'CNAME' || type === 'ANY') {
          return [...answers, ...here.filter((answer) => type === 'ANY' || answer.type === type)]
        }
        answers.push(alias)
        owner = canonicalName(String('data' in alias ? alias.data : ''))
        if (!isUnder(owner, name)) return answers
      }
      return answers
    },
  }
}

async function synthesised(
  owner: string,
  { zone, leads, soa }: { zone: string; leads: Leads; soa: SoaAnswer },
): Promise<Answer[]> {
  const to = (data: string): Answer[] => [{ type: 'A', name: owner, ttl: 60, data }]
  const meaning = meaningOf(owner, zone)
  switch (meaning?.kind) {
    case 'recipients':
      return [{ type: 'MX', name: owner, ttl: 60, data: { preference: 10, exchange: `mx.${owner}` } }]
    case 'exchanger':
      return to((await leads.addressOf(owner, meaning.personality)) ?? leads.address)
    case 'callback':
      return to(leads.address)
    case 'nameserver':
      return to(leads.nameserver)
    case 'apex':
      return [soa, { type: 'NS', name: owner, ttl: 60, data: `ns.${zone}` }]
    default:
      return []
  }
}
