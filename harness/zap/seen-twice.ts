import type { Finding, Outcome } from '../model.ts'

/**
 * Our outcomes and ZAP's as one list. What both found, by operation and class of weakness (CWE), is counted once: our
 * finding stays, since it rests on what arrived, and names the alert.
 */
export function withoutSeenTwice(ours: readonly Outcome[], zaps: readonly Outcome[]): Outcome[] {
  const left = zaps.flatMap((outcome): Outcome[] => {
    if (outcome.verdict !== 'fail') return [outcome]
    const findings = outcome.findings.filter(
      (finding) => !ours.some((own) => own.findings.some((f) => isSame(own, f, outcome, finding))),
    )
    return findings.length === 0 ? [] : [{ ...outcome, findings }]
  })
  const named = ours.map((own) => ({
    ...own,
    findings: own.findings.map((finding) => {
      const alerts = zaps.filter((zap) => zap.findings.some((other) => isSame(own, finding, zap, other)))
      const alsoSeenBy = alerts.map(({ check, judge }) => `${judge} (${check})`)
      return alsoSeenBy.length === 0 ? finding : { ...finding, alsoSeenBy }
    }),
  }))
  return [...named, ...left]
}

function isSame(own: Outcome, finding: Finding, alert: Outcome, alerted: Finding): boolean {
  const weaknesses = classes(own)
  return finding.operation === alerted.operation && classes(alert).some((one) => weaknesses.includes(one))
}

function classes({ references }: Outcome): string[] {
  return references.filter((reference) => reference.startsWith('CWE-'))
}
