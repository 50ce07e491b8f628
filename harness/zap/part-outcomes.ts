import type { Outcome, Reach, Severity, Verdict } from '../model.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'
import { Cut } from './session.ts'
import { ZapLost, ZapRefused } from './zap-client.ts'

interface Part {
  readonly title: string
  readonly severity: Severity
  readonly reach: Reach
  readonly why: string
}

/** What ZAP is asked to do, each an outcome of its own: an alert that is not there says something only where its part was done. */
export const parts = {
  'zap/openapi-import': {
    title: 'ZAP knows the operations of the target',
    severity: 'low',
    reach: 'safe',
    why: 'What ZAP does not know of it neither looks at nor attacks.',
  },
  'zap/passive-scan': {
    title: 'ZAP’s passive rules look at all that it exchanged with the target',
    severity: 'medium',
    reach: 'safe',
    why: 'Rules that were not loaded, or saw refusals alone, raise no alert whatever the target does.',
  },
  'zap/active-scan': {
    title: 'ZAP’s active rules attack every operation that they know',
    severity: 'high',
    reach: 'intrusive',
    why: 'Rules that did not run raise no alert whatever the target does.',
  },
} as const satisfies Record<string, Part>

export type PartId = keyof typeof parts
export const partIds = Object.keys(parts) as PartId[]

export function partOutcome(
  id: PartId,
  judge: string,
  { verdict, reason, requests = 0, milliseconds = 0 }: Judged,
): Outcome {
  return {
    ...parts[id],
    check: id,
    problem: 'ZAP could not do its part',
    file: 'harness/zap/part-outcomes.ts',
    practices: ['P26'],
    remediation: { effort: null, how: 'See the reason: it names what ZAP lacks.' },
    references: [],
    weaknesses: [],
    judge,
    verdict,
    reason,
    requests,
    milliseconds,
    findings: [],
    variants: [],
    proof: null,
  }
}

export interface Judged {
  readonly verdict: Verdict
  readonly reason: string | null
  readonly requests?: number
  readonly milliseconds?: number
}

/** What becomes of a part that threw; what is no word of ours is rethrown, and so is a ZAP that is gone. */
export function judgedBy(error: unknown): Judged {
  if (error instanceof ZapLost) throw error
  if (error instanceof NotApplicable) return { verdict: 'not-applicable', reason: error.message }
  if (error instanceof HeldBack) return { verdict: 'held-back', reason: error.message }
  if (error instanceof Unproven || error instanceof Cut) return { verdict: 'unproven', reason: error.message }
  if (error instanceof ZapRefused)
    return { verdict: 'unproven', reason: `${error.message}; see logs/zap.log, or the log of your ZAP` }
  throw error
}
