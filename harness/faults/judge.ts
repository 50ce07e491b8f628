import type { Seen, Trial } from './staged.ts'

/** Resident memory that no process of the harness may need, whatever arrives: MB. */
export const mostMemory = 600

export type Judged = Pick<
  Trial,
  'ground' | 'group' | 'killsRun' | 'mayRefuse' | 'denies' | 'turnsAway' | 'idle'
>

/** What is not as it must be, each in a sentence; nothing where the fault was borne. */
export function faultsOf(seen: Seen, trial: Judged): string[] {
  const { ground, group, killsRun, mayRefuse, denies, turnsAway, idle } = trial
  const { verdicts, reasons, exitCode, hung, megabytes, leftAfterClean, secrets, controls, behind } = seen
  const keptOut = turnsAway === true ? (ground.byAnswers ?? []) : []
  // Each of them fails where there is no fault: the weakness is there, and was not seen.
  const unseen = ground.checks.filter(
    (check) =>
      verdicts[check] === 'not-applicable' || (verdicts[check] === 'pass' && !keptOut.includes(check)),
  )
  const errors = ground.checks.filter((check) => verdicts[check] === 'error')
  // Else a pass with a fault would mean nothing.
  const quiet = group === 'none' ? ground.checks.filter((check) => verdicts[check] !== 'fail') : []
  return [
    ...quiet.map((check) => `${check} finds nothing though there is no fault: ${reasons[check]}`),
    ...unseen.map((check) => `${check} is ${verdicts[check]}, though the target is weak there`),
    ...errors.map((check) => `${check} is an error of the harness: ${reasons[check]}`),
    ...(exitCode === 0 ? ['the exit code is 0'] : []),
    ...(exitCode === 3 && mayRefuse !== true ? ['the exit code is 3: the profile was blamed'] : []),
    ...(exitCode === null && killsRun !== true ? [`the run ended by ${seen.signal}`] : []),
    ...(hung ? ['the run did not end'] : []),
    ...((megabytes ?? 0) > mostMemory ? [`a process held ${Math.round(megabytes ?? 0)} MB`] : []),
    ...((leftAfterClean ?? 0) > 0 && denies !== true ? [`${leftAfterClean} objects stay at the target`] : []),
    ...secrets.map((secret) => `a secret is shown: ${secret}`),
    ...controls.map((control) => `${control} stands on the terminal as it is`),
    ...behind.map((what) => `left behind: ${what}`),
    ...(seen.struck === 0 && idle !== true ? ['the fault never struck: the bench saw nothing'] : []),
  ]
}
