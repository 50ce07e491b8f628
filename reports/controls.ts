import type { Outcome, Report } from '../harness/model.ts'
import byCheck from './controls.json' with { type: 'json' }
import { groupByEach } from './group-by-each.ts'
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
  const written = Object.entries(byCheck).map(([name, controls]) => ({
    name,
    controls: controls.map((control) => ({
      ...control,
      checks: control.checks.filter((check) => known.has(check)),
    })),
  }))
  const referring = groupByEach(outcomes, ({ references }) => references.flatMap(controlIn))
  const checksOf = (control: string) => (referring.get(control) ?? []).map(({ check }) => check)
  const named = (of: readonly string[], name: (number: number) => string): Control[] =>
    of.map((asks, at) => ({ control: name(at + 1), asks, checks: checksOf(name(at + 1)) }))
  const all = [
    {
      name: 'OWASP API Security Top 10 2023',
      controls: named(apiRisks, (number) => `API${number}:2023`),
    },
    { name: 'OWASP ASVS 5.0', controls: named(asvsChapters, (number) => `V${number}`) },
    ...written,
  ]
  return all
    .map(({ name, controls }) => ({ name, controls: controls.filter(({ checks }) => checks.length > 0) }))
    .filter(({ controls }) => controls.length > 0)
}

/** The risk (`API2:2023`) or the chapter (`V6`) that a reference is to. */
function controlIn(reference: string): string[] {
  if (/^API\d+:2023$/.test(reference)) return [reference]
  const [, chapter] = /^ASVS 5\.0 (\d+)\./.exec(reference) ?? []
  return chapter === undefined ? [] : [`V${chapter}`]
}

/** What a run has to say about a control: never that somebody complies with it, which is an assessor's to say. */
export interface ControlEvidence {
  /** Which way it points: `part` where some of its checks came to no answer, or were left out of the run. */
  readonly points: 'against' | 'for' | 'part' | 'nowhere'
  /** `3 of 8 checks passed, 1 failed`. */
  readonly counts: string
  readonly outcomes: readonly Outcome[]
}

/** The same of each control: a run of many checks is gone through once. */
export function evidenceIn({
  outcomes,
  notSelected,
}: Pick<Report, 'outcomes' | 'notSelected'>): (control: Control) => ControlEvidence {
  const places = new Map(outcomes.map(({ check }, at) => [check, at]))
  return ({ checks }) => {
    const found = new Set(checks.flatMap((check) => places.get(check) ?? []))
    const own = [...found].sort((a, b) => a - b).flatMap((at) => outcomes[at] ?? [])
    const passed = own.filter(({ verdict }) => verdict === 'pass').length
    const failed = own.filter(({ verdict }) => verdict === 'fail').length
    const isWhole = passed === own.length && notSelected.length === 0
    return {
      points: failed > 0 ? 'against' : passed === 0 ? 'nowhere' : isWhole ? 'for' : 'part',
      counts: `${passed} of ${plural(own.length, 'check')} passed${failed > 0 ? `, ${failed} failed` : ''}`,
      outcomes: own,
    }
  }
}
