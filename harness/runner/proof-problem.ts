import type { Reporter } from 'vitest/node'
import { weaknesses } from '../../fixtures/reference-api/weaknesses/all.ts'
import type { Weakness } from '../../fixtures/reference-api/weaknesses/fault.ts'
import { createRecorder, type Recorded } from './recorder.ts'

const touches: Readonly<Record<string, Pick<Weakness, 'touches'>>> = weaknesses

/** Why what became of a check proves nothing; `null` where it proves it, in its role. */
export function problemOf(recorded: Recorded): string | null {
  return recorded.role === 'weak' ? blind(recorded) : unsound(recorded)
}

/** For Vitest by itself, which takes a crash in the weak role for the failure that was expected. */
export function proofReporter(): Reporter {
  return createRecorder((recorded) => {
    const problem = problemOf(recorded)
    if (problem === null) return
    process.exitCode = 1
    console.error(`${nameOf(recorded)} proves nothing in the ${recorded.role} role: ${problem}`)
  })
}

/** `keys/scope-matrix`, or with what is switched on. */
export function nameOf({ about, switched }: Recorded): string {
  return switched === null ? about.id : `${about.id} [${switched}]`
}

/** What is wrong with a check in the sound role; `null` where it passed, and needs what it uses. */
function unsound({ judgement }: Recorded): string | null {
  const { verdict, reason, findings: [finding] = [], mistake = null } = judgement ?? {}
  if (verdict === 'pass') return mistake === null ? null : `it ${mistake}`
  const what = finding === undefined ? reason : `${finding.variant ?? finding.operation}: ${finding.actual}`
  return `a false alarm or a check that did not work: ${verdict ?? 'no judgement'}, ${what}`
}

/** What is wrong with a check in the weak role; `null` where it found its switched. */
function blind({ switched, judgement }: Recorded): string | null {
  const operation = touches[switched ?? '']?.touches
  const { verdict = 'no judgement', reason, findings = [] } = judgement ?? {}
  if (findings.some((finding) => finding.operation === operation)) return null
  return `it was not found: expected a finding on ${operation}, got ${verdict} ${reason ?? findings.map((f) => f.operation).join()}`
}
