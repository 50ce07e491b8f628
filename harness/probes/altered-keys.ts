import { noteMade } from '../made-values.ts'
import type { Severity } from '../model.ts'

/** A key that nobody has, made of one that somebody has. */
export interface AlteredKey {
  readonly name: string
  readonly key: string
  /** What it weighs that it lets somebody in: by how little of the key he has to know. */
  readonly severity: Extract<Severity, 'low' | 'medium' | 'high'>
}

/** Words that a key begins with, such as `sk_live_`: what is a key at all may be told by them. */
const words = /^(?:[A-Za-z]{1,8}[-_.]){1,3}/

/**
 * A live key cut off, changed in a letter, in the other case, and with more behind it. White space is none: HTTP trims it. Nor is the
 * last letter changed, of which a base has bits to spare.
 */
export function alteredKeys(key: string): AlteredKey[] {
  const begin = words.exec(key)?.[0] ?? ''
  const rest = key.slice(begin.length)
  const changed = (at: number) => `${rest.slice(0, at)}${another(rest.charAt(at))}${rest.slice(at + 1)}`
  const swapped = rest.replace(/\p{L}/gu, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()))
  // Whoever writes base 16 in capitals writes the same.
  const isHex = /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(rest.replace(/[^0-9A-Za-z]/g, ''))
  const all: readonly (readonly [name: string, rest: string, severity: AlteredKey['severity']])[] = [
    ['without its last letter', rest.slice(0, -1), 'medium'],
    ['without its last eight letters', rest.slice(0, -8), 'high'],
    ['half of it', rest.slice(0, Math.ceil(rest.length / 2)), 'high'],
    ['with another letter in the middle', changed(rest.length >> 1), 'high'],
    ['with another letter near the end', changed(rest.length - 3), 'high'],
    ...(swapped === rest || isHex ? [] : ([['in the other case', swapped, 'low']] as const)),
    ['with a letter more', `${rest}A`, 'low'],
    ['with eighty letters more', `${rest}${'A'.repeat(80)}`, 'low'],
  ]
  return all.flatMap(([name, other, severity]) => {
    if (other === '') return []
    noteMade(begin + other, () => ({
      of: [key],
      command: ([word]) => alteration(key, begin + other, String(word)),
    }))
    return [{ name, key: begin + other, severity }]
  })
}

/** A command for `sh` that makes the same change to what the word stands for. */
function alteration(key: string, other: string, word: string): string {
  const printed = `printf '%s' ${word}`
  if (key.startsWith(other)) return `${printed} | cut -c1-${other.length}`
  if (other.startsWith(key)) return `${printed}; printf '%s' '${other.slice(key.length)}'`
  const differing = [...other].flatMap((letter, at) => (letter === key.charAt(at) ? [] : [at]))
  const [only] = differing
  if (only === undefined) return printed
  const cut = (letters: string, filter = '') => `$(${printed} | cut -c${letters}${filter})`
  return differing.length > 1
    ? `printf '%s' "${cut(`1-${only}`)}${cut(`${only + 1}-`, " | tr 'A-Za-z' 'a-zA-Z'")}"`
    : `printf '%s' "${cut(`1-${only}`)}${cut(`${only + 1}`, " | tr '0-9a-zA-Z' '1-90b-zaB-ZA'")}${cut(`${only + 2}-`)}"`
}

/** Of the same kind, so that it could be one. */
function another(letter: string): string {
  if (/\d/.test(letter)) return String((Number(letter) + 1) % 10)
  if (/[a-z]/.test(letter)) return letter === 'a' ? 'b' : 'a'
  return letter === 'A' ? 'B' : 'A'
}
