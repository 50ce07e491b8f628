import type { Answer, SoaAnswer } from 'dns-packet'
import type { DnsRecord } from '../model.ts'
import { recordAnswer } from './dns-records.ts'
import { canonicalName, isUnder, meaningOf } from './names.ts'

export interface Zone {
  readonly name: string
  readonly soa: SoaAnswer
  /** Adds records; the same record twice is one. Throws where a name is outside the zone or a value is malformed. */
  publish(records: readonly DnsRecord[]): void
  /** Takes all published records of a name away; what the sandbox itself answers stays. */
  withdraw(name: string): void
  /** Answers in order (CNAMEs first); `null` where the name does not exist (NXDOMAIN), `[]` where it has no such data. */
  answer(name: string, type: string): Answer[] | null
}

const maximumAliases = 8
const maximumRecords = 10_000

/**
 * What the sandbox's zone holds: names of exchangers, made up as they are asked for, and published records. `address` is
 * where the sandbox's own names lead.
 */
export function createZone(name: string, address = '127.0.0.1'): Zone {
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
  const at = (owner: string): Answer[] => {
    const own = [...(published.get(owner)?.values() ?? [])]
    const types = new Set(own.map(({ type }) => type))
    return [
      ...own,
      ...synthesised(owner, { zone: name, address, soa }).filter(({ type }) => !types.has(type)),
    ]
  }
  const exists = (owner: string) => meaningOf(owner, name) !== null || isParent(owner)

  return {
    name,
    soa,
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
    answer(asked, type) {
      const answers: Answer[] = []
      let owner = asked
      for (let aliases = 0; aliases < maximumAliases; aliases += 1) {
        if (!exists(owner)) return answers.length > 0 ? answers : null
        const here = at(owner)
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

function synthesised(
  owner: string,
  { zone, address, soa }: { zone: string; address: string; soa: SoaAnswer },
): Answer[] {
  switch (meaningOf(owner, zone)?.kind) {
    case 'recipients':
      return [{ type: 'MX', name: owner, ttl: 60, data: { preference: 10, exchange: `mx.${owner}` } }]
    case 'exchanger':
    case 'callback':
    case 'nameserver':
      return [{ type: 'A', name: owner, ttl: 60, data: address }]
    case 'apex':
      return [soa, { type: 'NS', name: owner, ttl: 60, data: `ns.${zone}` }]
    default:
      return []
  }
}
