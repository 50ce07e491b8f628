import { type About, type Finding, type Outcome, type Reach, reaches } from '../model.ts'
import type { Subject } from './kit.ts'
import { missing } from './needs.ts'

/** What a worker says of a check it ran; the reporter adds the rest. */
export type Judgement = Pick<Outcome, 'verdict' | 'reason' | 'requests' | 'milliseconds' | 'findings'>

/** Why a check is not applicable here; `null` where it is. */
export function obstacleTo(about: About, reach: Reach, { check }: Subject): string | null {
  return outOfReach(about, reach) ?? missing(about.needs, check.profile)
}

/** Makes the judgements of one check, timed from now. */
export function createJudge(subject: Subject) {
  const started = performance.now()
  return (
    verdict: Judgement['verdict'],
    reason: string | null,
    findings: readonly Finding[] = [],
  ): Judgement => ({
    verdict,
    reason: reason === null ? null : subject.redact(reason),
    findings,
    requests: subject.check.api.requests,
    milliseconds: Math.round(performance.now() - started),
  })
}

function outOfReach(about: About, reach: Reach): string | null {
  return reaches.indexOf(about.reach) <= reaches.indexOf(reach)
    ? null
    : `the check is ${about.reach} and the run is held to ${reach}: allow it with --reach ${about.reach}`
}

/** Only a finding makes a fail, and only a guard that held with an observation made makes a pass. */
export function verdictOf(
  error:
    | { name?: string; message: string; findings?: readonly Finding[]; unjudged?: string | null }
    | undefined,
  subject: Subject,
): [Judgement['verdict'], string | null, (readonly Finding[])?] {
  if (error?.name === 'Violated' && error.findings !== undefined)
    return ['fail', error.unjudged ?? null, error.findings]
  if (error?.name === 'Unproven') return ['unproven', error.message]
  if (error?.name === 'NotApplicable') return ['not-applicable', error.message]
  if (error !== undefined) return ['error', `${error.name ?? 'Error'}: ${error.message}`]
  const { held, observed } = subject.tally
  if (held === 0) return ['error', 'the check ended without a guard that held: it can say nothing']
  if (observed === 0) return ['error', 'the check ended without an observation: it can say nothing']
  return ['pass', null]
}
