import type { Reach, Severity } from '../model.ts'
import type { Expected } from '../runner/expected.ts'
import type { Suggestion } from './suggestions.ts'

/** What became of one line of the profile. */
export interface Line {
  readonly area: 'target' | 'principal' | 'oauth' | 'operation' | 'mail' | 'page'
  readonly what: string
  /** `untried` says nothing of it: the reach does not allow it, or it cannot be tried by itself. */
  readonly state: 'works' | 'wrong' | 'untried'
  /** One sentence; where it is wrong, what was seen and what to do next. */
  readonly says: string
  /** `file:line` of the profile. */
  readonly at: string
  readonly milliseconds: number
}

/** A check that the profile, as it is, leaves out. */
export interface LeftOut {
  readonly check: string
  readonly severity: Severity
  /** What is missing, and what would change it. */
  readonly because: string
}

/** What `postern doctor --json` prints. */
export interface Diagnosis {
  readonly target: string
  readonly url: string
  readonly driver: string
  readonly reach: string
  readonly lines: readonly Line[]
  readonly checks: {
    readonly applicable: number
    readonly leftOut: readonly LeftOut[]
    /** How many a run of each reach would judge, of all that there are. */
    readonly byReach: Readonly<Record<Reach, number>> & { readonly of: number }
    /** The line first that would bring the most. */
    readonly suggestions: readonly Suggestion[]
  }
  /** What a run will ask of the target, about, and how that compares with what it may, in sentences. */
  readonly run: Expected & { readonly compared: readonly string[] }
}
