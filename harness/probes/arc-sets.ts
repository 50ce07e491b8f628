import { tag } from './dkim-faults.ts'
import { type HeaderField, readHeaders } from './headers.ts'

/** What one handler of a message sets on it (RFC 8617 §3.2). */
export interface ArcSet {
  /** `i=`, from 1 to 50. */
  readonly instance: number
  /** `cv=` of its seal in lower case, `''` without one. */
  readonly claim: string
  /** Of its seal: `d=`, `s=` and `a=`. */
  readonly domain: string
  readonly selector: string
  readonly algorithm: string
  /** Where its fields begin in the message. */
  readonly fields: readonly number[]
}

const seal = 'ARC-Seal'
const signature = 'ARC-Message-Signature'
const results = 'ARC-Authentication-Results'
const kinds = [seal, signature, results] as const
type Kind = (typeof kinds)[number]

/** RFC 8617 §4.2.1. */
const mostSets = 50

/** Tags that must be there (RFC 8617 §4.1.2 and §4.1.3, RFC 6376 §3.5). */
const required = { [seal]: ['a', 'b', 'cv', 'd', 's'], [signature]: ['a', 'b', 'bh', 'd', 'h', 's'] } as const

const algorithms = ['rsa-sha256', 'ed25519-sha256']

export function isOfArc(name: string): boolean {
  return kindOf(name) !== undefined
}

/** The sets of a message by number, whole or not; fields without a number are of none. */
export function arcSets(raw: Uint8Array): ArcSet[] {
  return numbered(raw).map(([instance, fields]) => {
    const text = fields.find(({ name }) => kindOf(name) === seal)?.value ?? ''
    return {
      instance,
      claim: tag(text, 'cv').toLowerCase(),
      domain: tag(text, 'd').toLowerCase(),
      selector: tag(text, 's').toLowerCase(),
      algorithm: tag(text, 'a').toLowerCase(),
      fields: fields.map(({ offset }) => offset),
    }
  })
}

/** What a chain may not hold (RFC 8617 §5.2, steps 1 to 3), a sentence each; empty where a key alone can tell. */
export function arcFaults(raw: Uint8Array): string[] {
  const sets = numbered(raw)
  const newest = sets.at(-1)?.[0] ?? 0
  const nowhere = readHeaders(raw).fields.filter((field) => isOfArc(field.name) && instanceOf(field) === null)
  const present = new Set(sets.map(([instance]) => instance))
  const missing = Array.from({ length: newest }, (_, n) => n + 1).filter((n) => !present.has(n))
  return [
    ...(nowhere.length === 0
      ? []
      : [`${nowhere.length} fields of ARC have no number of a set, from 1 to ${mostSets} (i=)`]),
    ...(missing.length === 0 ? [] : [`there is no set ${missing.join(', ')}, and one ${newest}`]),
    ...sets.flatMap(([instance, fields]) =>
      setFaults(instance, fields, instance === newest).map((fault) => `set ${instance} ${fault}`),
    ),
  ]
}

function setFaults(instance: number, fields: readonly HeaderField[], isNewest: boolean): string[] {
  const counted = kinds.flatMap((kind) => {
    const count = fields.filter(({ name }) => kindOf(name) === kind).length
    return count === 1 ? [] : [`has ${count === 0 ? 'no' : count} ${kind}`]
  })
  if (counted.length > 0) return counted
  const text = (kind: Kind) => fields.find(({ name }) => kindOf(name) === kind)?.value ?? ''
  // Of the older signatures none is verified any more: they are text that was sealed.
  const wanted = isNewest ? ([seal, signature] as const) : ([seal] as const)
  const lacking = wanted.flatMap((kind) => required[kind].filter((name) => tag(text(kind), name) === ''))
  const unknown = ([seal, signature] as const).filter(
    (kind) => !['', ...algorithms].includes(tag(text(kind), 'a').toLowerCase()),
  )
  const signed = tag(text(signature), 'h').toLowerCase().split(':')
  return [
    ...lacking.map((name) => `has no ${name}=`),
    ...unknown.map((kind) => `has a=${tag(text(kind), 'a')} in its ${kind}, which ARC does not have`),
    ...claimFaults(instance, tag(text(seal), 'cv').toLowerCase(), isNewest),
    ...(hasTag(text(seal), 'h') ? ['has h= in its ARC-Seal, which seals ARC alone'] : []),
    ...(signed.includes('arc-seal') ? ['signs ARC-Seal (h=), which comes after it'] : []),
    ...(isNewest && !signed.includes('from') && !signed.includes('') ? ['does not sign From (h=)'] : []),
  ]
}

/** Step 3 C of §5.2, and step 2: a chain that a seal calls broken stays so. */
function claimFaults(instance: number, claim: string, isNewest: boolean): string[] {
  if (claim === '' || claim === (instance === 1 ? 'none' : 'pass')) return []
  if (instance === 1) return [`says cv=${claim}, and nothing came before it: none is right`]
  if (claim === 'fail')
    return [
      isNewest ? 'says cv=fail: the chain was broken when it came there' : 'says cv=fail, which ends a chain',
    ]
  return [`says cv=${claim}, where pass or fail is right`]
}

function numbered(raw: Uint8Array): [number, HeaderField[]][] {
  const sets = new Map<number, HeaderField[]>()
  for (const field of readHeaders(raw).fields) {
    const instance = isOfArc(field.name) ? instanceOf(field) : null
    if (instance === null) continue
    const set = sets.get(instance)
    if (set === undefined) sets.set(instance, [field])
    else set.push(field)
  }
  return [...sets].sort(([a], [b]) => a - b)
}

function kindOf(name: string): Kind | undefined {
  return kinds.find((kind) => kind.toLowerCase() === name.toLowerCase())
}

/** §4.2.1; in results it comes first, where comments may stand around it (§4.1.1). */
function instanceOf({ name, value }: HeaderField): number | null {
  const inResults = /^(?:\([^()]*\)|\s)*i\s*=\s*(\d{1,2})(?:\([^()]*\)|\s)*;/
  const text = kindOf(name) === results ? (inResults.exec(value)?.[1] ?? '') : tag(value, 'i')
  return /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= mostSets ? Number(text) : null
}

function hasTag(text: string, name: string): boolean {
  return new RegExp(`(?:^|;)\\s*${name}\\s*=`).test(text)
}
