/** What of some keys, in the order in which they were made, a guesser need not guess. */
export interface KeyStrength {
  /** What is left to guess, at the most: each letter of which nothing shows that it is no chance counts as one. */
  readonly bits: number
  /** Letters that are another in each key, and of them those that count upwards or downwards. */
  readonly varying: number
  readonly counting: number
  /** Keys that there were before. */
  readonly doubled: number
  /** Letters in a row that two keys have in common beyond what all have, where chance gives hardly as many; else 0. */
  readonly shared: number
}

/** Below that many, a letter that is always the same may be so by chance. */
export const fewestKeys = 8
/** The same for letters that count. */
const fewestToCount = 20

/** Of each look at a single place; with a hundred places all of them together take a sound key for a weak one once in a million times. */
const perPlace = 1e-9
const perShare = 1e-7

/** Throws where there are fewer than `fewestKeys`. */
export function strengthOf(keys: readonly string[]): KeyStrength {
  if (keys.length < fewestKeys) throw new Error(`expected ${fewestKeys} keys or more; seen ${keys.length}`)
  const length = Math.max(...keys.map((key) => key.length))
  const columns = Array.from({ length }, (_, at) => keys.map((key) => key.charAt(at)))
  const varying = columns.flatMap((column, at) => (new Set(column).size > 1 ? [at] : []))
  const counting = keys.length < fewestToCount ? new Set<number>() : countingIn(keys, varying)
  const random = varying.filter((at) => !counting.has(at))
  const letters = new Set(random.flatMap((at) => columns[at] ?? []))
  const whole = sizeOfAlphabet([...letters].join(''))
  const bits = random.reduce((sum, at) => {
    const seen = new Set(columns[at]).size
    return sum + Math.log2(sizeAt(seen, keys.length, whole))
  }, 0)
  const distinct = [...new Set(keys)]
  return {
    // Of some, a sum of logarithms is a little less than a whole number.
    bits: Math.round(bits * 1e6) / 1e6,
    varying: varying.length,
    counting: counting.size,
    doubled: keys.length - distinct.length,
    shared: sharedIn(
      distinct.map((key) => random.map((at) => key.charAt(at)).join('')),
      random.length === 0 ? 1 : 2 ** (bits / random.length),
    ),
  }
}

const bases: readonly (readonly [size: number, letters: RegExp])[] = [
  [10, /^\d*$/],
  [16, /^[\da-f]*$/],
  [16, /^[\dA-F]*$/],
  [26, /^[a-z]*$/],
  [26, /^[A-Z]*$/],
  [32, /^[A-Z2-7]*$/],
  [32, /^[a-z2-7]*$/],
  [32, /^[\dA-HJKMNP-TV-Z]*$/],
  [36, /^[\da-z]*$/],
  [36, /^[\dA-Z]*$/],
  [52, /^[A-Za-z]*$/],
  [58, /^[1-9A-HJ-NP-Za-km-z]*$/],
  [62, /^[\dA-Za-z]*$/],
  [64, /^[\w-]*$/],
  [64, /^[\dA-Za-z+/]*$/],
  [94, /^[!-~]*$/],
]

/** The smallest that is usual and has them all. */
function sizeOfAlphabet(letters: string): number {
  return bases.find(([, base]) => base.test(letters))?.[0] ?? 256
}

/** How many letters there are at a place where so many were seen: the most that are not as good as excluded. */
function sizeAt(seen: number, keys: number, whole: number): number {
  const sizes = [whole, 64, 62, 58, 52, 36, 32, 26, 16, 10, 8, 4, 2].filter((size) => size <= whole)
  return sizes.find((size) => size >= seen && chanceOfMissing(size - seen, size, keys) > perPlace) ?? seen
}

/** At the most: that none of `keys` letters, of `size` that are alike, is one of some `missing` ones. */
function chanceOfMissing(missing: number, size: number, keys: number): number {
  if (missing === 0) return 1
  if (missing === size) return 0
  let log = keys * Math.log(1 - missing / size)
  for (let k = 1; k <= missing; k++) log += Math.log((size - missing + k) / k)
  return Math.exp(log)
}

/** Places that grow or fall from each key to the next: a counter, or a time. */
function countingIn(keys: readonly string[], varying: readonly number[]): Set<number> {
  const found = new Set<number>()
  for (const begin of varying) {
    if (found.has(begin)) continue
    const end = [1, -1].map((direction) => endOfCount(keys, begin, direction)).find((each) => each !== null)
    for (let at = begin; at < (end ?? begin); at++) if (varying.includes(at)) found.add(at)
  }
  return found
}

/** The first place behind the fewest letters by which all are in order, or else behind the most; `null` where none are. */
function endOfCount(keys: readonly string[], begin: number, direction: number): number | null {
  const longest = Math.max(...keys.map((key) => key.length))
  let last: number | null = null
  for (let end = begin + 1; end <= longest; end++) {
    const parts = keys.map((key) => key.slice(begin, end))
    const steps = parts.slice(1).map((part, at) => direction * compare(parts[at] ?? '', part))
    if (steps.some((step) => step > 0)) return last
    last = end
    if (steps.every((step) => step < 0)) return last
  }
  return last
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The most letters in a row that two of them have in common, where `size` letters give that many by chance once in ten million times. */
function sharedIn(texts: readonly string[], size: number): number {
  const length = texts[0]?.length ?? 0
  const pairs = (texts.length * (texts.length - 1)) / 2
  const least = size < 2 ? 1 : Math.ceil(Math.log((pairs * length ** 2) / perShare) / Math.log(size))
  let most = 0
  for (let letters = least; letters <= length && isShared(texts, letters); letters++) most = letters
  return most
}

function isShared(texts: readonly string[], letters: number): boolean {
  const seen = new Map<string, number>()
  return texts.some((text, of) => {
    for (let at = 0; at + letters <= text.length; at++) {
      const part = text.slice(at, at + letters)
      if ((seen.get(part) ?? of) !== of) return true
      seen.set(part, of)
    }
    return false
  })
}
