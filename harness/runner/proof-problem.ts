import type { Reporter } from 'vitest/node'
import { weaknesses } from '../../fixtures/reference-api/weaknesses/all.ts'
import { createRecorder, type Recorded } from './recorder.ts'

const touches: Readonly<Record<string, { readonly touches: string }>> = weaknesses

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
    console.error(`${recorded.about.id} proves nothing in the ${recorded.role} role: ${problem}`)
  })
}

/** What is wrong with a check in the sound role; `null` where it passed. */
function unsound({ judgement }: Recorded): string | null {
  if (judgement?.verdict === 'pass') return null
  const [finding] = judgement?.findings ?? []
  const what =
    finding === undefined ? judgement?.reason : `${finding.variant ?? finding.operation}: ${finding.actual}`
  return `a false alarm or a check that did not work: ${judgement?.verdict ?? 'no judgement'}, ${what}`
}

/** What is wrong with a check in the weak role; `null` where it found its weakness. */
function blind({ about, judgement }: Recorded): string | null {
  const operation = touches[about.weakness]?.touches
  if (judgement?.findings.some((finding) => finding.operation === operation)) return null
  return `${about.weakness} was not found: expected a finding on ${operation}, got ${judgement?.verdict ?? 'no judgement'} ${judgement?.reason ?? judgement?.findings.map((f) => f.operation).join() ?? ''}`
}
