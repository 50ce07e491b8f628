import { isObject } from '../json.ts'
import type { DnsRecord } from '../model.ts'

const types = ['A', 'AAAA', 'MX', 'TXT', 'CNAME', 'NS', 'CAA'] as const
const words = {
  name: ['name', 'host', 'hostname', 'record', 'record_name'],
  type: ['type', 'record_type', 'kind'],
  value: ['value', 'data', 'content', 'target', 'expected_value'],
  priority: ['priority', 'preference', 'prio'],
} as const

/** The records that somebody is told to publish for a domain; what of them is none that we know is left out. */
export function shownRecords(items: unknown): DnsRecord[] {
  return (Array.isArray(items) ? items : []).flatMap((item) => {
    const said = (word: keyof typeof words) =>
      words[word].flatMap((name) =>
        isObject(item) && item[name] !== undefined ? [String(item[name])] : [],
      )[0]
    const type = types.find((each) => each === said('type')?.toUpperCase())
    const [name, value, priority] = [said('name'), said('value'), said('priority')]
    if (type === undefined || name === undefined || value === undefined) return []
    const text =
      type === 'MX' && priority !== undefined ? `${priority} ${value}` : value.replace(/^"(.*)"$/s, '$1')
    return [{ name: name.toLowerCase().replace(/\.$/, ''), type, value: text }]
  })
}

/** Those of them that say nothing to receivers of mail: a proof that whoever asked for the domain has it. */
export function proofsAmong(records: readonly DnsRecord[]): DnsRecord[] {
  return records.filter(
    ({ name, type, value }) =>
      type === 'TXT' &&
      !/^v=(?:spf1|dmarc1)\b/i.test(value) &&
      !/\._domainkey\./.test(name) &&
      !/^_dmarc\./.test(name),
  )
}
