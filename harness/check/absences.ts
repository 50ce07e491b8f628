import type { Delivery } from '../model.ts'
import type { DeliveryFilter } from '../sandbox/wire.ts'
import type { Scope } from './trail.ts'

/** Mail that had not come once a fence had passed, and that a check goes by. */
export interface Absence {
  /** In which variant; `null` for the check as a whole. */
  readonly variant: string | null
  readonly filter: DeliveryFilter
}

export interface Absences {
  /** What was found of that filter just now. */
  saw(scope: Scope, filter: DeliveryFilter, found: readonly Delivery[]): void
  /** Of which nothing came while the check looked: asked once it has ended. */
  readonly all: readonly Absence[]
}

/** A fence tells that what goes the usual way has come, and what goes a slower one comes later: it can be looked for when a run ends. */
export function createAbsences(text: (text: string) => string): Absences {
  const kept = new Map<string, Absence>()
  return {
    saw({ variant, fenced }, filter, found) {
      const { since: _since, ...named } = filter
      const key = JSON.stringify(named)
      // Of another message, which the check has seen.
      if (found.length > 0) kept.delete(key)
      else if (fenced) kept.set(key, { variant, filter })
    },
    get all() {
      return [...kept.values()].map(({ variant, filter }) => ({
        ...{ variant: variant === null ? null : text(variant), filter },
      }))
    },
  }
}
