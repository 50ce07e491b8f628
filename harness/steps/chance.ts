import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { type KeyStrength, strengthOf } from '../probes/key-strength.ts'

/** Secrets that were made one after another. */
interface Series {
  readonly secrets: readonly string[]
  /** In the plural. */
  readonly called: string
  /** The last call by which one was made. */
  readonly of: Exchange
}

/** A verdict: they have 128 bits that nothing gives away, and no parts in common. Throws where they are too few to tell. */
export function judgeChance({ verify }: Pick<Kit, 'verify'>, { secrets, called, of }: Series): void {
  const strength = strengthOf(secrets)
  const { bits, doubled, shared } = strength
  const severity = weightOf(bits)
  verify.that(severity === null, {
    ...{ of, severity: severity ?? 'low' },
    expected: '128 bits or more that nobody can tell',
    actual: strengthText(secrets.length, called, strength),
  })
  verify.that(doubled === 0, {
    of,
    expected: `${called} that there were never before`,
    actual: `${doubled} of ${secrets.length} ${called} there were before`,
  })
  verify.that(shared === 0, {
    ...{ of, severity: 'medium' },
    expected: `${called} that have nothing in common but what all begin with`,
    actual: `two of ${secrets.length} ${called} have ${shared} letters in a row in common, which is no chance`,
  })
}

/** What it weighs that a secret has so few bits; `null` where they are enough. */
export function weightOf(bits: number): 'low' | 'medium' | 'high' | null {
  if (bits >= 128) return null
  if (bits >= 112) return 'low'
  return bits >= 64 ? 'medium' : 'high'
}

/** Without any of them. */
export function strengthText(
  count: number,
  called: string,
  { bits, varying, counting }: KeyStrength,
): string {
  const counted = counting === 0 ? '' : `, and ${counting} of them count from one to the next`
  return `at most ${Math.floor(bits)} bits: ${varying} letters of ${count} ${called} vary${counted}`
}
