import type { Finding } from './model.ts'

/** Thrown where a property does not hold; the finding says which, expected, seen and the evidence. */
export class Violated extends Error {
  override readonly name = 'Violated'
  readonly findings: readonly Finding[]
  /** What could not be judged beside them; `null` where all was. */
  readonly unjudged: string | null
  constructor(findings: readonly Finding[], unjudged: string | null = null) {
    super(findings.map((f) => `${f.operation}: expected ${f.expected}; ${f.actual}`).join('\n'))
    this.findings = findings
    this.unjudged = unjudged
  }
}

/** Thrown where a guard did not hold, so that neither pass nor fail can be said. */
export class Unproven extends Error {
  override readonly name = 'Unproven'
  constructor(reason: string, remedy: string) {
    super(`${reason}; ${remedy}`)
  }
}

/** Thrown where it turns out while looking that the property has no meaning at this target. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}
