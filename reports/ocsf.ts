import { createHash } from 'node:crypto'
import type { Finding, Outcome, Report, Severity } from '../harness/model.ts'
import { severities } from '../harness/model.ts'
import { fingerprintOf } from './fingerprint.ts'
import { escapeUnseen } from './json.ts'
import { countStates } from './variants.ts'
import { block, sentence } from './visible.ts'
import { isAccepted, placeOf, remedyText, severityNames, worstOf } from './wording.ts'

const schemaVersion = '1.5.0'
/** A line is one event, and collectors cut long ones. */
const mostEvidences = 50
const longestText = 2_000

const statuses = {
  pass: [1, 'Pass'],
  fail: [3, 'Fail'],
  unproven: [2, 'Warning'],
  error: [2, 'Warning'],
  'not-applicable': [99, 'not applicable'],
  'held-back': [99, 'held back'],
} as const

const severityIds: Record<Severity, number> = { low: 2, medium: 3, high: 4, critical: 5 }

/**
 * JSON Lines: one Compliance Finding (class 2003) of the Open Cybersecurity Schema Framework for each check, whatever its verdict, so that
 * what reads them sees also what was not looked at. An event that is of the same check at the same target has the same
 * `finding_info.uid`.
 *
 * Source: https://schema.ocsf.io/1.5.0/classes/compliance_finding
 */
export function toOcsf(report: Report): string {
  return report.outcomes
    .map((outcome) => `${escapeUnseen(JSON.stringify(event(report, outcome)))}\n`)
    .join('')
}

function event(report: Report, outcome: Outcome) {
  const { check, verdict, findings, references, remediation } = outcome
  const [statusId, status] = statuses[verdict]
  const worst = findings.length === 0 ? undefined : severities[worstOf(outcome)]
  const time = Date.parse(report.finishedAt)
  const named = references.map((reference) => sentence(reference))
  return {
    activity_id: 1,
    activity_name: 'Create',
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2003,
    class_name: 'Compliance Finding',
    type_uid: 200301,
    type_name: 'Compliance Finding: Create',
    time,
    start_time: Date.parse(report.startedAt),
    end_time: time,
    severity_id: worst === undefined ? 1 : severityIds[worst],
    severity: worst === undefined ? 'Informational' : severityNames[worst],
    status_id: isAccepted(outcome) ? 3 : 1,
    status: isAccepted(outcome) ? 'Suppressed' : 'New',
    status_code: verdict,
    ...(outcome.reason === null ? {} : { status_detail: sentence(outcome.reason) }),
    message: sentence(verdict === 'fail' ? outcome.problem : outcome.title),
    metadata: {
      version: schemaVersion,
      product: {
        name: 'Postern',
        vendor_name: 'Postern',
        uid: 'postern',
        version: sentence(report.tool.version),
      },
      event_code: sentence(check),
      // The same for all events of a run.
      correlation_uid: digest(report.target.url, report.startedAt, `${report.seed}`),
    },
    finding_info: {
      uid: digest(report.target.url, check),
      title: sentence(outcome.title),
      desc: sentence(outcome.why),
      created_time: time,
      analytic: { type_id: 1, type: 'Rule', uid: sentence(check), name: sentence(outcome.title) },
    },
    compliance: {
      control: sentence(check),
      desc: sentence(outcome.title),
      standards: ['Postern', ...new Set(named.flatMap(standardOf))],
      requirements: named,
      status_id: statusId,
      status,
    },
    remediation: { desc: block(remedyText(remediation)), references: named },
    resources: [{ uid: sentence(report.target.url), name: sentence(report.target.name), type: 'Email API' }],
    ...(findings.length === 0
      ? {}
      : { evidences: findings.slice(0, mostEvidences).map((finding) => evidenceOf(check, finding)) }),
    unmapped: {
      findings: findings.length,
      variants: Object.fromEntries(countStates(outcome.variants)),
      practices: outcome.practices,
      reach: outcome.reach,
      requests: outcome.requests,
      milliseconds: outcome.milliseconds,
      proof: outcome.proof === null ? null : sentence(outcome.proof),
    },
  }
}

function evidenceOf(check: string, finding: Finding) {
  return {
    name: sentence(placeOf(finding)),
    data: {
      fingerprint: fingerprintOf(check, finding),
      severity: finding.severity,
      expected: sentence(finding.expected),
      seen: sentence(finding.actual),
      reproduce: block(finding.reproduce, longestText),
      accepted: finding.accepted !== undefined,
    },
  }
}

/** The document that a reference is of. */
function standardOf(reference: string): string[] {
  if (/^CWE-/.test(reference)) return ['CWE']
  if (/^API\d+:2023/.test(reference)) return ['OWASP API Security Top 10 2023']
  const [standard] = /^(?:ASVS \d[\d.]*|WSTG|RFC \d+)/.exec(reference) ?? []
  return standard === undefined ? [] : [standard.startsWith('ASVS') ? `OWASP ${standard}` : standard]
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
