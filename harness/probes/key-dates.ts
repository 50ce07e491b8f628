import { valuesByPath } from './disclosure.ts'

/** What is told of the life of a key. Times are epoch milliseconds. */
export interface KeyDates {
  /** When its secret was made; `null` where nothing tells. */
  readonly made: number | null
  /** When it ends; `null` for never, `undefined` where nothing tells. */
  readonly ends: number | null | undefined
  /** It was revoked, or is not in use. */
  readonly isOver: boolean
}

// Names of members in plain form: letters alone, in lower case.
const namesOfMaking =
  /^(?:created|createdat|createdon|createdtime|createtime|creationdate|creationtime|datecreated|issuedat)$/
const namesOfRenewal = /^(?:last)?(?:rotated|regenerated|renewed)(?:at|on)?$/
const namesOfUses = /^last(?:used|use|usage|seen|accessed)(?:at|on|date|time)?$/
const namesOfEnds =
  /^(?:expires|expiresat|expireson|expiry|expiryat|expirydate|expiration|expirationdate|expirationtime|expiretime|validuntil|notafter)$/
const namesOfStops = /^(?:is)?(?:revoked|deleted|disabled|deactivated|expired)(?:at|on)?$/
const namesOfUse = /^(?:is)?(?:active|enabled)$/
const namesOfStates = /^(?:status|state)$/
const wordsForStops = /revoked|expired|disabled|inactive|deleted|suspended/i

/** Seconds since the epoch are fewer than this until the year 5138, milliseconds more since 1973. */
const firstOfMilliseconds = 1e11

interface Named {
  /** In plain form. */
  readonly name: string
  readonly value: unknown
}

function membersOf(text: string): Named[] {
  return [...(valuesByPath(text) ?? [])].map(([path, value]) => ({
    name: (path.split('/').at(-1) ?? '').toLowerCase().replace(/[^a-z]/g, ''),
    value: JSON.parse(value) as unknown,
  }))
}

/** When a key was used last, by a text that tells of it: `null` for never, `undefined` where nothing tells. */
export function lastUseIn(text: string): number | null | undefined {
  const uses = membersOf(text).filter(({ name }) => namesOfUses.test(name))
  const times = uses.map(({ value }) => timeOf(value)).filter((time) => time !== null)
  if (uses.length === 0) return undefined
  return times.length === 0 ? null : Math.max(...times)
}

/** By the usual names of members, wherever they stand in a JSON text that tells of one key. */
export function keyDatesIn(text: string): KeyDates {
  const values = membersOf(text)
  const named = (names: RegExp) => values.filter(({ name }) => names.test(name)).map(({ value }) => value)
  const times = (names: RegExp) => named(names).map(timeOf)
  const made = [...times(namesOfMaking), ...times(namesOfRenewal)].filter((time) => time !== null)
  return {
    made: made.length === 0 ? null : Math.max(...made),
    ends: times(namesOfEnds)[0],
    isOver:
      named(namesOfStops).some((value) => value !== null && value !== false && value !== '' && value !== 0) ||
      named(namesOfUse).includes(false) ||
      named(namesOfStates).some((value) => wordsForStops.test(String(value))),
  }
}

/** `null` for what is no time, as `never`, `0` and `-1` are not. */
function timeOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof number === 'number')
    return number <= 0 ? null : number < firstOfMilliseconds ? number * 1000 : number
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}
