import { isObject, readJson } from '../json.ts'
import type { DnsRecord } from '../model.ts'

/** What a target says of itself once it is up. */
export interface Announcement {
  /** Variables for `${env:NAME}`. */
  readonly exports: Readonly<Record<string, string>>
  /** What its customers publish: goes into the sandbox's DNS. */
  readonly records: readonly DnsRecord[]
}

const maximumEntries = 1000

/** Reads a line of a target's log; `null` where it is no announcement: a JSON object with `exports` or `records`. */
export function readAnnouncement(line: string): Announcement | null {
  if (!line.startsWith('{')) return null
  const said = readJson(line)
  if (!isObject(said) || !('exports' in said || 'records' in said)) return null
  const { exports = {}, records = [] } = said
  if (!isObject(exports) || !Array.isArray(records)) return null
  return {
    exports: Object.fromEntries(
      Object.entries(exports)
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        .slice(0, maximumEntries),
    ),
    records: records.filter(isRecord).slice(0, maximumEntries),
  }
}

function isRecord(value: unknown): value is DnsRecord {
  return isObject(value) && [value['name'], value['type'], value['value']].every((v) => typeof v === 'string')
}
