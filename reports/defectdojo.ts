import type { Finding, Outcome, Report } from '../harness/model.ts'
import { evidenceText } from './evidence.ts'
import { fingerprintOf } from './fingerprint.ts'
import { escapeUnseen } from './json.ts'
import { escapeMarkdown, fenced, remedyCode } from './markdown.ts'
import { sentence } from './visible.ts'
import { acceptanceText, cwesOf, placeOf, severityNames, suiteOf, withFindings } from './wording.ts'

const effortNames = { low: 'Low', medium: 'Medium', high: 'High' } as const

/** Characters that its tables hold. */
const longestTitle = 500
const longestService = 200
/** Of one piece of evidence: all of them stand in report.html. */
const longestEvidence = 4_000
const mostEvidence = 4

/**
 * The findings of a report as DefectDojo's “Generic Findings Import” reads them, in its JSON form. A finding is known again by
 * `unique_id_from_tool`, so that one that is no more can be closed by an import that closes old findings.
 *
 * Source: https://docs.defectdojo.com/supported_tools/parsers/file/generic/, which refuses a file with a key that it does not know.
 */
export function toDefectDojo(report: Report): string {
  const scan = {
    name: 'Postern',
    type: 'Postern',
    version: sentence(report.tool.version),
    description: sentence(`${report.target.name}, ${report.target.url}, reach ${report.reach}`),
    dynamic_tool: true,
    static_tool: false,
    findings: withFindings(report).flatMap((outcome) =>
      outcome.findings.map((finding) => defect(report, outcome, finding)),
    ),
  }
  return `${escapeUnseen(JSON.stringify(scan, null, 2))}\n`
}

function defect(report: Report, outcome: Outcome, finding: Finding) {
  const { check, remediation, references, judge } = outcome
  const cwes = cwesOf(references)
  const [cwe] = cwes
  return {
    title: sentence(`${outcome.problem}: ${placeOf(finding)}`, longestTitle),
    severity: severityNames[finding.severity],
    description: description(finding),
    date: sentence(report.finishedAt.slice(0, 10)),
    ...(cwe === undefined ? {} : { cwe: Number(cwe.replace('CWE-', '')), cwes }),
    impact: escapeMarkdown(outcome.why),
    mitigation: [escapeMarkdown(remediation.how), ...remedyCode(remediation)].join('\n\n'),
    steps_to_reproduce: fenced(finding.reproduce),
    references: references.map((reference) => escapeMarkdown(reference)).join('\n'),
    unique_id_from_tool: fingerprintOf(check, finding),
    vuln_id_from_tool: sentence(check, longestTitle),
    service: sentence(report.target.name, longestService),
    endpoints: [sentence(report.target.url)],
    tags: [suiteOf(sentence(check, longestService)), ...outcome.practices],
    ...(remediation.effort === null ? {} : { effort_for_fixing: effortNames[remediation.effort] }),
    active: finding.accepted === undefined,
    // What a check of ours finds is shown by evidence, and the check was proved.
    verified: judge === null,
    risk_accepted: finding.accepted !== undefined,
    dynamic_finding: true,
    static_finding: false,
  }
}

function description(finding: Finding): string {
  const { accepted, evidence, location } = finding
  const more = evidence.length - mostEvidence
  return [
    `**Expected.** ${escapeMarkdown(finding.expected)}`,
    `**Seen.** ${escapeMarkdown(finding.actual)}`,
    ...(accepted === undefined ? [] : [escapeMarkdown(acceptanceText(accepted))]),
    ...(location === undefined
      ? []
      : [`In the profile: ${escapeMarkdown(`${location.file}:${location.line}`)}`]),
    ...evidence.slice(0, mostEvidence).map((piece) => fenced(evidenceText(piece), longestEvidence)),
    ...(more > 0 ? [`… and ${more} more in report.html.`] : []),
  ].join('\n\n')
}
