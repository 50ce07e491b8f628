import { isIP } from 'node:net'
import { valuesByPath } from './disclosure.ts'

/** Shorter ones may stand in anything. */
const telling = 8

/** Whether an entry of a log names one of these, such as the id of a key: as a value, or within one where chance does not bring it about. */
export function names(entry: unknown, marks: readonly (string | null | undefined)[]): boolean {
  const known = marks.filter((mark) => typeof mark === 'string' && mark !== '')
  return leavesOf(entry).some((leaf) =>
    known.some((mark) => leaf === mark || (String(mark).length >= telling && leaf.includes(String(mark)))),
  )
}

const wordsForEnds =
  /revok|retir|rotat|replac|supersed|former|expir|(?:\b|_)ended|after[\s_.-]*(?:(?:its|the)[\s_.-]*)?end|no[\s_.-]*longer|inactiv|not.?active|disabl|deactiv|compromis|exposed|leak/i

/** What entries do not say of the use of a credential that has ended. */
export function unsaidIn(entries: readonly unknown[]): string[] {
  const leaves = entries.flatMap(leavesOf)
  const says = (is: (leaf: string) => boolean) => leaves.some(is)
  return [
    ...(says((leaf) => wordsForEnds.test(leaf)) ? [] : ['that the key had ended']),
    ...(says(isAddress) ? [] : ['from which address']),
    ...(says(isTime) ? [] : ['when']),
  ]
}

function leavesOf(entry: unknown): string[] {
  return [...(valuesByPath(JSON.stringify(entry)) ?? new Map<string, string>()).values()].map((value) =>
    String(JSON.parse(value)),
  )
}

/** As it is, or with a port behind it. */
function isAddress(leaf: string): boolean {
  const [, inBrackets, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(leaf) ?? []
  return isIP(leaf) !== 0 || isIP(inBrackets ?? plain) !== 0
}

/** A date with a time, in whatever order, or seconds or milliseconds since the epoch. */
function isTime(leaf: string): boolean {
  return /^\d{1,4}[-/.]\d\d[-/.]\d{1,4}[T ]\d\d:\d\d|^1\d{9}(?:\d{3})?(?:\.\d+)?$/.test(leaf)
}
