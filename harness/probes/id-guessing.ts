import { createHash } from 'node:crypto'

/** How an id leads to others. */
export interface Guess {
  readonly how: 'counted' | 'timed' | 'few' | 'derived'
  /** To stand behind “the ids …”. */
  readonly said: string
}

/** Below that many, any order may be chance. */
export const fewestIds = 8

/** From one to the next, within so many bits, a guesser gets: with a million objects, a thousand tries a second take years. */
const near = 56
const nearer = 20

/**
 * How each of these ids, in the order in which they were made, leads to the next; `null` where none is seen to. Of 64 random bits
 * or more it is mistaken once in a million times.
 */
export function guessOf(ids: readonly string[]): Guess | null {
  if (ids.length < fewestIds) throw new Error(`expected ${fewestIds} ids or more; seen ${ids.length}`)
  const version = versionOf(ids)
  if (version === 4) return null
  if (version === 1 || version === 2 || version === 6)
    return { how: 'timed', said: `are UUIDs of version ${version}: a time and the number of a machine` }
  const decoded = ids.map(inBase64)
  if (decoded.every((text) => text !== null)) return guessOf(decoded)
  if (isObjectIds(ids)) return { how: 'counted', said: 'hold a time in seconds, a constant, and a counter' }
  const values = numbersIn(ids)
  if (values === null) return null
  const steps = values.slice(1).map((value, at) => value - (values[at] ?? 0n))
  const within = (bits: number) => steps.filter((step) => abs(step) < 1n << BigInt(bits)).length
  if (2 * within(near) < steps.length) return null
  const rising = steps.every((step) => step > 0n) || steps.every((step) => step < 0n)
  if (2 * within(nearer) >= steps.length)
    return { how: 'counted', said: `lie no more than ${nearer} bits from one another` }
  return rising
    ? { how: 'timed', said: `grow with the time, and lie no more than ${near} bits from one another` }
    : { how: 'few', said: `have no more than ${near} bits that differ` }
}

/** The same where an id is a digest, or another spelling, of what the object holds: of one of these texts. */
export function derivedOf(id: string, texts: readonly string[]): Guess | null {
  const plain = id.toLowerCase()
  for (const text of texts.filter((each) => each.length >= 8))
    for (const form of [text, text.toLowerCase()])
      for (const [name, digests] of Object.entries(spelled(form)))
        if (digests.some((digest) => plain.includes(digest)))
          return { how: 'derived', said: `are ${name} of what the object holds` }
  return null
}

function spelled(text: string): Readonly<Record<string, string[]>> {
  const digest = (hash: string) => {
    const bytes = createHash(hash).update(text).digest()
    return ['hex', 'base64url', 'base64'].map((form) =>
      bytes
        .toString(form as 'hex')
        .replace(/=+$/, '')
        .toLowerCase(),
    )
  }
  const bytes = Buffer.from(text)
  return {
    'MD5 digests': digest('md5'),
    'SHA-1 digests': digest('sha1'),
    'SHA-256 digests': digest('sha256'),
    base64: [bytes.toString('base64url').toLowerCase()],
  }
}

/** The version of UUIDs (RFC 9562 §4.2), `null` where one of them is none, or they are of several. */
function versionOf(ids: readonly string[]): number | null {
  const versions = ids.map(
    (id) => /[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.exec(id)?.[1],
  )
  const [first] = versions
  return first !== undefined && versions.every((each) => each === first) ? Number.parseInt(first, 16) : null
}

/** What is text in base64, such as the global ids of GraphQL: `null` for all else. */
function inBase64(id: string): string | null {
  if (!/^[A-Za-z0-9+/_-]{8,}=*$/.test(id)) return null
  const text = Buffer.from(id, 'base64').toString('latin1')
  return /^[ -~]*[:/ ][ -~]*\d$/.test(text) &&
    Buffer.from(text, 'latin1').toString('base64url') ===
      id.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
    ? text
    : null
}

/** As MongoDB makes them: a time, five bytes of a process, a counter of three. */
function isObjectIds(ids: readonly string[]): boolean {
  const parts = ids.map((id) => /([0-9a-f]{8})([0-9a-f]{10})([0-9a-f]{6})$/i.exec(id))
  if (!parts.every((part) => part !== null)) return false
  const [first] = parts
  const counters = parts.map(([, , , counter = '']) => Number.parseInt(counter, 16))
  return (
    parts.every(([, , process]) => process === first?.[2]) &&
    counters
      .slice(1)
      .every((counter, at) => counter - (counters[at] ?? 0) > 0 && counter - (counters[at] ?? 0) < 0x1000)
  )
}

/** In ASCII order, as bases are usually counted. */
const alphabets = [
  '0123456789',
  '0123456789abcdef',
  '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
  '0123456789abcdefghijklmnopqrstuvwxyz',
  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz',
]

/** What they are as numbers, without the words that all of them begin with; `null` where their letters are of no usual base. */
function numbersIn(ids: readonly string[]): bigint[] | null {
  const begin = wordsBefore(ids)
  const rests = ids.map((id) => id.slice(begin).replaceAll('-', ''))
  const alphabet = alphabets.find((letters) =>
    rests.every((rest) => [...rest].every((c) => letters.includes(c))),
  )
  if (alphabet === undefined || rests.some((rest) => rest === '')) return null
  const base = BigInt(alphabet.length)
  return rests.map((rest) => [...rest].reduce((sum, c) => sum * base + BigInt(alphabet.indexOf(c)), 0n))
}

/** Where what they have in common ends: at a separator, or before the first digit. */
function wordsBefore(ids: readonly string[]): number {
  const [first = '', ...others] = ids
  let common = 0
  while (common < first.length && others.every((id) => id[common] === first[common])) common++
  return /^(?:.*[^0-9A-Za-z]|[A-Za-z]*(?=\d))/.exec(first.slice(0, common))?.[0].length ?? 0
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
