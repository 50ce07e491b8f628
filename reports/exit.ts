import { type Finding, type Outcome, type Report, type Severity, severities } from '../harness/model.ts'
import { isJudgedInPart } from './variants.ts'
import { atLeast, few, staleTexts, unaccepted } from './wording.ts'

export interface Standing {
  readonly exitCode: 0 | 1 | 2
  /** Findings at or above the threshold that no baseline accepts. */
  readonly findings: readonly Finding[]
  /** Why a run that did finish cannot be relied on, one sentence each; empty where it can. */
  readonly doubts: readonly string[]
}

/**
 * What a run is worth to the pipeline that started it.
 *
 * 2 an incomplete run, whatever it found: nobody knows what the rest would have said; and one that has left something at
 *   the target which may be known from its report alone.
 * 1 a finding at or above the threshold that is not accepted: proven by evidence, so no doubt about another check takes it back;
 *   and a baseline with an entry that does not hold, as whoever reads it is to be able to rely on it.
 * 2 no check that was run at all, one that ended in an error, or one that could not prove its property, or a part
 *   of it, where a finding would have counted.
 * 0 nothing at or above the threshold, and everything applicable that could reach it was proven; what was held back by
 *   choice costs nothing, and every report says how much that is.
 */
export function standing(run: Omit<Report, 'exitCode'>): Standing {
  const findings = unaccepted(run.outcomes.flatMap((outcome) => outcome.findings)).filter((finding) =>
    atLeast(finding.severity, run.failOn),
  )
  const doubts = [...doubtsAbout(run), ...staleTexts(run)]
  if (!run.complete || run.leftovers?.lost === true) return { exitCode: 2, findings, doubts }
  if (findings.length > 0 || (run.baseline?.stale.length ?? 0) > 0) return { exitCode: 1, findings, doubts }
  return { exitCode: doubts.length > 0 ? 2 : 0, findings, doubts }
}

/** The exit code of a run: 0, 1 or 2; see `standing`. 3 (nothing was sent) is the command line's own. */
export function exitCode(run: Omit<Report, 'exitCode'>): 0 | 1 | 2 {
  return standing(run).exitCode
}

function doubtsAbout(run: Omit<Report, 'exitCode'>): string[] {
  const broken = run.outcomes.filter(isBroken)
  const counting = run.outcomes.filter(({ severity }) => atLeast(severity, run.failOn))
  const unproven = counting.filter(isUnproven)
  const inPart = counting.filter(isJudgedInPart)
  // Every check has at least the lowest.
  const weight = run.failOn === severities[0] ? '' : ` of severity ${run.failOn} or above`
  return [
    ...(run.outcomes.every(({ verdict }) => verdict === 'not-applicable' || verdict === 'held-back')
      ? ['No check was run: nothing is said of the target.']
      : []),
    ...(broken.length > 0 ? [`${checks(broken)} ended in an error: ${namesOf(broken)}.`] : []),
    ...(unproven.length > 0
      ? [`${checks(unproven)}${weight} could not be proven: ${namesOf(unproven)}.`]
      : []),
    ...(inPart.length > 0
      ? [`${checks(inPart)}${weight} had findings and could not be judged whole: ${namesOf(inPart)}.`]
      : []),
    ...(run.leftovers?.lost === true
      ? ['What the run has left at the target may be known from this report alone.']
      : []),
  ]
}

/**
 * What one check means for the exit code: `violated` and `in doubt` make it what it is; `tolerated` has findings, all of them below
 * the threshold or accepted; `open` came to no answer, and costs nothing.
 */
export type OutcomeStanding = 'violated' | 'in doubt' | 'tolerated' | 'held' | 'open'

export function standingOf(outcome: Outcome, failOn: Severity): OutcomeStanding {
  const counts = atLeast(outcome.severity, failOn)
  if (unaccepted(outcome.findings).some(({ severity }) => atLeast(severity, failOn))) return 'violated'
  if (isBroken(outcome) || (counts && (isUnproven(outcome) || isJudgedInPart(outcome)))) return 'in doubt'
  if (outcome.verdict === 'fail') return 'tolerated'
  return outcome.verdict === 'pass' ? 'held' : 'open'
}

/** A fail without a finding is a fault of the harness: there is nothing to show for it. */
export function isBroken(outcome: Outcome): boolean {
  return outcome.verdict === 'error' || (outcome.verdict === 'fail' && outcome.findings.length === 0)
}

function isUnproven({ verdict }: Outcome): boolean {
  return verdict === 'unproven'
}

const mostNames = 4

function namesOf(outcomes: readonly Outcome[]): string {
  return few(
    outcomes.map(({ check }) => check),
    mostNames,
  )
}

function checks(outcomes: readonly Outcome[]): string {
  return outcomes.length === 1 ? '1 check' : `${outcomes.length} checks`
}
