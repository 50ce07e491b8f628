import type { Answer } from './model.ts'

/** Thrown where a guard did not hold, so that neither pass nor fail can be said. */
export class Unproven extends Error {
  override readonly name = 'Unproven'
  /** Without what would change it. */
  readonly reason: string
  /** How the call was answered on which it rests; `null` where it rests on none, or that does not matter. */
  readonly answer: Answer | null
  constructor(reason: string, remedy: string, answer: Answer | null = null) {
    super(`${reason}; ${remedy}`)
    this.reason = reason
    this.answer = answer
  }
}

/** The same, as there is nothing of the kind: what is there to be tried on is its owner's to keep. */
export class NothingThere extends Unproven {}

/** For a `catch`: `null` where nothing can be said; whatever else was thrown is thrown on. */
export function unlessUnproven(error: unknown): null {
  if (error instanceof Unproven) return null
  throw error
}

/** Thrown where it turns out while looking that the property has no meaning at this target. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

/** Thrown where looking would go beyond the reach that the run is held to. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack'
}
