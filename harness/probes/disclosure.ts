import { isObject, readJson } from '../json.ts'

/**
 * What of the owner's answer, found in somebody else's, shows that it was disclosed: the mark where the answer holds it,
 * else identifiers. `sent` is what the request itself says: an error that repeats it discloses nothing.
 */
export function privateTokens(body: string, mark: string, sent: string): string[] {
  if (body.includes(mark)) return [mark]
  if (body.includes(mark.slice(0, 16))) return [mark.slice(0, 16)]
  // Values, not names of members: a name is everybody's.
  const values = body.match(/(?<=")[\w-]{12,}(?="(?!\s*:))/g) ?? []
  return [...new Set(values)].filter((value) => isIdentifier(value) && !sent.includes(value)).slice(0, most)
}

/** Enough to know any answer by, and little to look for in each. */
const most = 200

/** A part of eight characters or more that mixes letters and digits: `eu-central-1` and dates are everybody's. */
function isIdentifier(value: string): boolean {
  return (
    !/^\d{4}-\d\d-\d\dT/.test(value) &&
    value.split(/[-_]/).some((part) => part.length >= 8 && /\d/.test(part) && /[a-z]/i.test(part))
  )
}

/**
 * The values by which an answer about one object is known again, by path: those that are in none of the answers about `others` of its
 * kind, nor in what was `sent`. A time is nobody's, and a word of a few that there are, such as a status, is many's. What is no JSON is one
 * value.
 */
export function distinctValues(
  body: string,
  others: readonly string[],
  sent: string,
): ReadonlyMap<string, string> {
  // Some escape in JSON what others do not.
  const texts = [...others, sent].map((text) => {
    const value = readJson(text)
    return value === undefined ? text : JSON.stringify(value)
  })
  const isElsewhere = (value: string) => texts.some((text) => text.includes(value))
  const telling = valuesOf(body).filter(
    ([, value]) => value.length >= shortestDistinct && !isTime(value) && !oneOfFew.test(value),
  )
  return new Map(
    telling.slice(0, mostLookedFor).filter(([, value]) => !isElsewhere(value.replace(/^"(.*)"$/s, '$1'))),
  )
}

/** `"delivered"`, `"IN_PROGRESS"`: a word as programs write them, and people hardly. */
const oneOfFew = /^"(?:[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:[_-][A-Z]+)*)"$/

/** Each is looked for in answers that may be long. */
const mostLookedFor = 2000

/** Those of the values that an answer holds in the same places. */
export function heldIn(body: string, values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const held = new Map(valuesOf(body))
  return new Map([...values].filter(([path, value]) => held.get(path) === value))
}

/** Of a value as JSON text: four letters, or six digits. */
const shortestDistinct = 6

/** A value that is kept back from whoever asks says nothing of what it is. */
const keptBack = /^(?:null|""|".*(?:\*{3}|•{3}|redacted).*")$/is

/** An answer holds, of these values, one at least, and none otherwise but for what it keeps back: it is about the same object. */
export function isAbout(body: string, values: ReadonlyMap<string, string>): boolean {
  const held = new Map(valuesOf(body))
  const common = [...values].filter(([path, value]) => {
    const there = held.get(path)
    return there !== undefined && (there === value || !keptBack.test(there))
  })
  return common.length > 0 && common.every(([path, value]) => held.get(path) === value)
}

function valuesOf(body: string): (readonly [string, string])[] {
  return [...(valuesByPath(body) ?? [['', body] as const])]
}

/** A JSON answer says something: it holds more than empty lists, zeros and nulls. */
export function says(text: string): boolean {
  return [...(valuesByPath(text)?.values() ?? [])].some(
    (value) => !['""', '0', 'null', 'false', '[]'].includes(value),
  )
}

/**
 * Two JSON answers have the same members, and both say something. Below the top one may lack some of the other's: counts
 * by status have as many members as statuses have occurred. Lists are alike where one of each is.
 */
export function sameShape(a: string, b: string): boolean {
  const [one, other] = [readJson(a), readJson(b)]
  return says(a) && says(b) && typeof one === 'object' && alike(one, other, 0)
}

/** Of a list, to find two that are alike. */
const mostItems = 20

function alike(a: unknown, b: unknown, depth: number): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length === 0 || b.length === 0) return depth > 0
    // Of a log, which goes on, neither begins with what the other begins with.
    const first = (list: unknown[]) => list.slice(0, depth > 1 || Array.isArray(list[0]) ? 1 : mostItems)
    return first(a).some((one) => first(b).some((other) => alike(one, other, depth)))
  }
  if (!isObject(a) || !isObject(b))
    return kindOf(a) === kindOf(b) || (depth > 1 && (a === null || b === null))
  const [few = [], many = []] = [Object.keys(a), Object.keys(b)].sort((x, y) => x.length - y.length)
  const missing =
    few.some((name) => !(Object.hasOwn(a, name) && Object.hasOwn(b, name))) ||
    (depth === 0 && few.length < many.length)
  if (missing && depth < 2) return false
  return few.every(
    (name) => !(Object.hasOwn(a, name) && Object.hasOwn(b, name)) || alike(a[name], b[name], depth + 1),
  )
}

/**
 * Whether an object changed between the second and the third look at it. What differs between the first two, which
 * nobody touched, tells nothing; nor does one time in the place of another (a clock, a time of last reading).
 */
export function changed(first: string, second: string, third: string): boolean {
  const [a, b, c] = [valuesByPath(first), valuesByPath(second), valuesByPath(third)]
  if (a === null || b === null || c === null) return first === second && third !== second
  return [...new Set([...b.keys(), ...c.keys()])].some((path) => {
    const [then, before, now] = [a.get(path), b.get(path), c.get(path)]
    return then === before && now !== before && !(isTime(before) && isTime(now))
  })
}

function isTime(value: string | undefined): boolean {
  return value !== undefined && /^"?\d{4}-\d\d-\d\d[T ]|^1\d{9}(\d{3})?(\.\d+)?$/.test(value)
}

/** UTF-16 code units of all paths: a long name with many values below it stands in each of theirs. */
const longestPaths = 16 * 1024 * 1024

/** Every value of a JSON text by its path; `null` where it is no JSON, or was made to exhaust its reader. */
export function valuesByPath(text: string): Map<string, string> | null {
  const found = new Map<string, string>()
  let left = longestPaths
  const walk = (value: unknown, path: string) => {
    if (left < 0) return
    if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, `${path}/${name}`)
      return
    }
    left -= path.length
    if (left >= 0) found.set(path, JSON.stringify(value))
  }
  const value = readJson(text)
  if (value === undefined) return null
  walk(value, '')
  return left < 0 ? null : found
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
}
