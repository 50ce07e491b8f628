import type { Outcome, Report } from '../harness/model.ts'
import byCheck from './controls.json' with { type: 'json' }
import { plural } from './wording.ts'

/** One thing that a standard asks for, and which checks look at it. */
export interface Control {
  readonly control: string
  readonly asks: string
  readonly checks: readonly string[]
}

export interface Standard {
  readonly name: string
  readonly controls: readonly Control[]
}

/** https://owasp.org/API-Security/editions/2023/en/0x11-t10/ */
const apiRisks: readonly string[] = [
  'Broken Object Level Authorization',
  'Broken Authentication',
  'Broken Object Property Level Authorization',
  'Unrestricted Resource Consumption',
  'Broken Function Level Authorization',
  'Unrestricted Access to Sensitive Business Flows',
  'Server Side Request Forgery',
  'Security Misconfiguration',
  'Improper Inventory Management',
  'Unsafe Consumption of APIs',
]

/** The chapters of OWASP ASVS 5.0.0. */
const asvsChapters: readonly string[] = [
  'Encoding and Sanitization',
  'Validation and Business Logic',
  'Web Frontend Security',
  'API and Web Service',
  'File Handling',
  'Authentication',
  'Session Management',
  'Authorization',
  'Self-contained Tokens',
  'OAuth and OIDC',
  'Cryptography',
  'Secure Communication',
  'Configuration',
  'Data Protection',
  'Secure Coding and Architecture',
  'Security Logging and Error Handling',
  'WebRTC',
]

type Referring = Pick<Outcome, 'check' | 'references'>

/**
 * What the checks of a report have to do with, standard by standard. Those of OWASP come of what each check refers to; the others are
 * written down in controls.json. A control that no check of the report is of is left out.
 */
export function standardsOf({ outcomes }: { readonly outcomes: readonly Referring[] }): Standard[] {
  const known = new Set(outcomes.map(({ check }) => check))
  const written = Object.entries(byCheck).map(([name, controls]) => ({ name, controls }))
  const all = [
    { name: 'OWASP API Security Top 10 2023', controls: apiSecurity(outcomes) },
    { name: 'OWASP ASVS 5.0', controls: asvs(outcomes) },
    ...written,
  ]
  return all
    .map(({ name, controls }) => ({
      name,
      controls: controls
        .map((control) => ({ ...control, checks: control.checks.filter((check) => known.has(check)) }))
        .filter(({ checks }) => checks.length > 0),
    }))
    .filter(({ controls }) => controls.length > 0)
}

function apiSecurity(outcomes: readonly Referring[]): Control[] {
  return apiRisks.map((asks, at) => ({
    control: `API${at + 1}:2023`,
    asks,
    checks: referring(outcomes, (reference) => reference === `API${at + 1}:2023`),
  }))
}

function asvs(outcomes: readonly Referring[]): Control[] {
  return asvsChapters.map((asks, at) => ({
    control: `V${at + 1}`,
    asks,
    checks: referring(outcomes, (reference) => reference.startsWith(`ASVS 5.0 ${at + 1}.`)),
  }))
}

function referring(outcomes: readonly Referring[], is: (reference: string) => boolean): string[] {
  return outcomes.filter(({ references }) => references.some(is)).map(({ check }) => check)
}

/** What a run has to say about a control: never that somebody complies with it, which is an assessor's to say. */
export interface ControlEvidence {
  /** Which way it points: `part` where some of its checks came to no answer, or were left out of the run. */
  readonly points: 'against' | 'for' | 'part' | 'nowhere'
  /** `3 of 8 checks passed, 1 failed`. */
  readonly counts: string
  readonly outcomes: readonly Outcome[]
}

export function evidenceFor(
  { checks }: Control,
  { outcomes, notSelected }: Pick<Report, 'outcomes' | 'notSelected'>,
): ControlEvidence {
  const named = new Set(checks)
  const own = outcomes.filter(({ check }) => named.has(check))
  const passed = own.filter(({ verdict }) => verdict === 'pass').length
  const failed = own.filter(({ verdict }) => verdict === 'fail').length
  const isWhole = passed === own.length && notSelected.length === 0
  return {
    points: failed > 0 ? 'against' : passed === 0 ? 'nowhere' : isWhole ? 'for' : 'part',
    counts: `${passed} of ${plural(own.length, 'check')} passed${failed > 0 ? `, ${failed} failed` : ''}`,
    outcomes: own,
  }
}
