import type { Severity } from '../model.ts'

type Values = Readonly<Record<string, unknown>>

/** A member that a caller may not set, with another value than it has. */
export interface ForgedMember {
  /** As it is written. */
  readonly name: string
  /** What reading calls it. */
  readonly shown: string
  readonly value: unknown
  /** What it weighs that it was taken, by what it says. */
  readonly severity: Extract<Severity, 'low' | 'medium'>
}

/** What of a call and of a document is known about the members of an object. */
export interface Known {
  /** Those that the call sets rightfully. */
  readonly sent: ReadonlySet<string>
  /** Those that the call takes by its document; `null` where no document says it. */
  readonly writable: ReadonlySet<string> | null
  /** The texts that a member may have by the document, by its name. */
  readonly choices: ReadonlyMap<string, readonly string[]>
  /** What the members that say whose it is would say of somebody else, by their names. */
  readonly others: Readonly<Record<string, string>>
}

/** Whoever sets it gains something: a right, a limit, what somebody was to prove first. */
const power =
  /^(?:(?:is_?)?(?:admin|superuser|staff|owner|root|verified|valid|approved|trusted|paid)|(?:email|dkim|spf|domain|dns)_?(?:verified|valid)|verified_?at|role|roles|scopes?|permissions?|plan|tier|(?:daily|monthly|hourly|send|rate)?_?(?:limit|quota)|credits?|balance)$/i

/** Without a document, these alone: no call sets them by right, whatever else the profile leaves out. */
const never =
  /^(?:is_?(?:admin|superuser|staff|root)|admin|superuser|(?:dkim|spf|domain|dns)_?(?:verified|valid)|credits?|balance)$/i

/** Many are alike, and each costs some calls. */
const most = 12

/** Of the members that reading an object shows, those that writing does not name, each with a value of its kind. */
export function forgedMembers(shown: Values, { sent, writable, choices, others }: Known): ForgedMember[] {
  const isForeign = (name: string) =>
    writable === null ? never.test(name) || name in others : !hasInEitherCase(writable, name)
  return Object.entries(shown)
    .filter(([name]) => !hasInEitherCase(sent, name) && isForeign(name) && !chosenByCallers.test(name))
    .flatMap(([name, value]): ForgedMember[] => {
      const forged = others[name] ?? another(name, value, choices.get(name))
      if (forged === undefined || isSame(forged, value)) return []
      return [
        { name, shown: name, value: forged, severity: power.test(name) || name in others ? 'medium' : 'low' },
      ]
    })
    .slice(0, most)
}

/**
 * The same in camel case for snake case, and the other way round: a binder that knows both may guard one alone. Those that the call
 * sets rightfully by that name are left out.
 */
export function spelledOtherwise(
  forged: readonly ForgedMember[],
  { sent, writable }: Pick<Known, 'sent' | 'writable'>,
): ForgedMember[] {
  return forged.flatMap((member) => {
    const name = otherCase(member.shown)
    const isOwn = name === member.shown || sent.has(name) || writable?.has(name) === true
    return isOwn ? [] : [{ ...member, name }]
  })
}

function hasInEitherCase(names: ReadonlySet<string>, name: string): boolean {
  return names.has(name) || names.has(otherCase(name))
}

function otherCase(name: string): string {
  return name.includes('_')
    ? name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : name
        .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
        .replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** An id that its maker chooses may be a way not to make a thing twice. */
const chosenByCallers = /^_?(?:id|uuid|guid)$|^(?:links?|_links|href|url|object|type|kind)$/i

const longAgo = Date.UTC(2001, 1, 3, 4, 5, 6)

/** A value of the same kind that is another one; `undefined` for lists and objects, which have none. */
function another(name: string, value: unknown, choices: readonly string[] = []): unknown {
  if (typeof value === 'boolean') return !value
  if (value === null || value === undefined)
    return /(?:_at|At|_on|date|time)$/.test(name) ? new Date(longAgo).toISOString() : undefined
  if (typeof value === 'number') {
    if (value > 1e12) return longAgo
    // What counts up may say the next number by itself.
    return value > 1e9 ? longAgo / 1000 : value + 1000
  }
  if (typeof value !== 'string' || value === '') return undefined
  if (isTime(value)) return new Date(longAgo).toISOString()
  const choice = choices.find((each) => each !== value)
  return choices.length > 0 ? choice : value.replace(/[0-9a-z]/gi, next)
}

/** The next of its kind, so that what is a number in base 16 stays one. */
function next(letter: string): string {
  if (/[0-9]/.test(letter)) return String((Number(letter) + 1) % 10)
  if (/[a-f]/.test(letter)) return letter === 'f' ? 'a' : String.fromCharCode(letter.charCodeAt(0) + 1)
  if (/[A-F]/.test(letter)) return letter === 'F' ? 'A' : String.fromCharCode(letter.charCodeAt(0) + 1)
  if (letter === 'z') return 'g'
  return letter === 'Z' ? 'G' : String.fromCharCode(letter.charCodeAt(0) + 1)
}

const isTime = (value: unknown) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(String(value))

/** They say the same, in whatever form they say it. */
export function isSame(a: unknown, b: unknown): boolean {
  if (isTime(a) && isTime(b)) return Math.abs(Date.parse(String(a)) - Date.parse(String(b))) < 1000
  return String(a) === String(b)
}
