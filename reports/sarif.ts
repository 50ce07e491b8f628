import type { Invocation, Log, Notification, ReportingDescriptor, Result } from 'sarif'
import type { Finding, Outcome, Report, Severity, Verdict } from '../harness/model.ts'
import { standing } from './exit.ts'
import { fingerprintOf } from './fingerprint.ts'
import { homepage, pageOf } from './homepage.ts'
import { escapeUnseen } from './json.ts'
import { escapeMarkdown, remedyCode } from './markdown.ts'
import { methodOf } from './methods.ts'
import { countStates, exceptions, isJudgedInPart } from './variants.ts'
import { block, bounded, sentence } from './visible.ts'
import {
  acceptanceText,
  conclusion,
  countVerdicts,
  cwesOf,
  effortWords,
  leftoverTexts,
  placeOf,
  plural,
  remedyText,
  weightOf,
  worstOf,
} from './wording.ts'

const levels: Record<Severity, 'error' | 'warning' | 'note'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
}

/**
 * What is taken of one run. GitHub shows 5,000 results and ten tags of a rule, and refuses a document above 25,000 of either and ten
 * megabytes; GitLab reads 5,000 results, and leaves out each that has a longer text, or all where that is more than half of them.
 * https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
 * https://docs.gitlab.com/user/application_security/detect/sarif/
 */
const most = { results: 5_000, rules: 25_000, tags: 10, text: 1_024, bytes: 10_000_000 } as const

/** GitHub code scanning reads a CVSS-like number: above 9.0 critical, from 7.0 high, from 4.0 medium, below low. */
const scores: Record<Severity, string> = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' }

/**
 * `report.sarif`: SARIF 2.1.0 (OASIS), one run. Results are findings alone: code-scanning consumers raise an alert for
 * every result whatever its `kind`, so what was not tested stands among the notifications of the invocation. Where the project has an
 * address, rules lead to their pages there.
 */
export function toSarif(report: Report, home: string | null = homepage): string {
  const { outcomes, bytes } = outcomesToTell(report, home)
  const told = results(report, new Set(outcomes.map(({ check }) => check)), bytes)
  const log: Log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Postern',
            version: sentence(report.tool.version),
            ...(home === null ? {} : { informationUri: home }),
            rules: outcomes.map((outcome) => rule(outcome, home)),
            notifications: notified.map(([id, text]) => ({ id, shortDescription: { text } })),
          },
        },
        automationDetails: { id: `postern/${sentence(report.target.name, 200)}/` },
        invocations: [invocation(report, outcomes, leftOut(report, told.length, outcomes.length))],
        columnKind: 'utf16CodeUnits',
        results: told,
        properties: {
          target: sentence(report.target.url),
          driver: sentence(report.driver),
          reach: report.reach,
          failOn: report.failOn,
          seed: report.seed,
          complete: report.complete,
          verdicts: countVerdicts(report.outcomes),
          notSelected: report.notSelected.length,
          variants: Object.fromEntries(countStates(report.outcomes.flatMap(({ variants }) => variants))),
        },
      },
    ],
  }
  return `${escapeUnseen(JSON.stringify(log, null, 2))}\n`
}

function rule(outcome: Outcome, home: string | null): ReportingDescriptor {
  const name = ruleName(outcome.check)
  const [method, page] = [methodOf(outcome.check), pageOf(outcome.check, home)]
  const references = outcome.references.map((reference) => sentence(reference))
  const { effort, how } = outcome.remediation
  return {
    id: sentence(outcome.check),
    ...(name === '' ? {} : { name }),
    shortDescription: { text: limited(`${outcome.problem}.`) },
    fullDescription: { text: limited(`What must hold: ${outcome.title}. ${outcome.why}`) },
    ...(page === null ? {} : { helpUri: page }),
    help: {
      text: message(
        [
          outcome.why,
          remedyText(outcome.remediation),
          ...(method === null
            ? []
            : [`probe: ${method.probe}`, `oracle: ${method.oracle}`, `guards: ${method.guards}`]),
          `References: ${references.join(', ')}`,
        ].join('\n\n'),
      ),
      markdown: braces(
        [
          escapeMarkdown(outcome.why),
          `**Remedy.** ${escapeMarkdown(how)}`,
          ...(effort === null ? [] : [`**Effort.** ${effortWords[effort]}`]),
          ...remedyCode(outcome.remediation),
          // Ours, and Markdown as they are.
          ...(method === null
            ? []
            : [`**Probe.** ${method.probe}`, `**Oracle.** ${method.oracle}`, `**Guards.** ${method.guards}`]),
          `**References.** ${escapeMarkdown(references.join(', '))}`,
        ].join('\n\n'),
      ),
    },
    defaultConfiguration: { level: levels[outcome.severity] },
    properties: {
      tags: [
        'security',
        ...cwesOf(references).map((id) => `external/cwe/${id.toLowerCase()}`),
        ...outcome.practices,
      ].slice(0, most.tags),
      practices: [...outcome.practices],
      cwe: cwesOf(references),
      references,
      'security-severity': scores[outcome.severity],
      // A check of ours is proved before it may judge.
      precision: outcome.judge === null ? 'very-high' : 'medium',
    },
  }
}

/** One of each check: as they came where there is room for all, else those that weigh most. */
function outcomesToTell(
  { outcomes }: Report,
  home: string | null,
): { outcomes: readonly Outcome[]; bytes: number } {
  const all = [...new Map(outcomes.map((outcome) => [outcome.check, outcome])).values()]
  const sorted = all.toSorted((a, b) => weightOfOutcome(b) - weightOfOutcome(a))
  const room = { count: most.rules, bytes: most.bytes / 2, indent: 10 }
  const { parts, bytes } = within(room, sorted, (outcome) => [rule(outcome, home), notification(outcome, 0)])
  return { outcomes: parts.length === all.length ? all : sorted.slice(0, parts.length), bytes }
}

/** Those that weigh most come first, where GitLab begins to count. What is accepted gives way. */
function results(report: Report, told: ReadonlySet<string>, bytes: number): Result[] {
  const seen = new Map<string, number>()
  const all = report.outcomes
    .flatMap((outcome) => outcome.findings.map((finding) => ({ outcome, finding })))
    .filter(({ outcome }) => told.has(outcome.check))
    .toSorted((a, b) => weightOf(b.finding) - weightOf(a.finding))
  const room = { count: most.results, bytes: most.bytes - 100_000 - bytes, indent: 8 }
  return within(room, all, ({ outcome, finding }) => result(outcome, finding, seen, report)).parts
}

/** What the first ones become, as many as there is room for, and how much of it they take, as deep as they stand in the document. */
function within<Item, Part>(
  room: { readonly count: number; readonly bytes: number; readonly indent: number },
  items: readonly Item[],
  partOf: (item: Item) => Part,
): { parts: Part[]; bytes: number } {
  const parts: Part[] = []
  let bytes = 0
  for (const item of items.slice(0, room.count)) {
    const part = partOf(item)
    const text = escapeUnseen(JSON.stringify(part, null, 2))
    const size = Buffer.byteLength(text) + text.split('\n').length * (room.indent + 1)
    if (bytes + size > room.bytes) break
    bytes += size
    parts.push(part)
  }
  return { parts, bytes }
}

/** What was found, by what weighs most; then what nobody knows. */
function weightOfOutcome(outcome: Outcome): number {
  return outcome.findings.length > 0 ? worstOf(outcome) + 2 : outcome.verdict === 'pass' ? 0 : 1
}

/** How much of the report does not stand here; `null` where all does. */
function leftOut({ outcomes }: Report, results: number, rules: number): string | null {
  const findings = outcomes.reduce((sum, outcome) => sum + outcome.findings.length, 0) - results
  const checks = outcomes.length - rules
  if (findings <= 0 && checks <= 0) return null
  return `${plural(findings, 'finding')} and ${plural(checks, 'check')} more stand in report.json: consumers take ${most.results} findings, and ${most.bytes / 1_000_000} MB.`
}

function result(outcome: Outcome, finding: Finding, seen: Map<string, number>, report: Report): Result {
  const fingerprint = fingerprintOf(outcome.check, finding)
  const occurrence = (seen.get(fingerprint) ?? 0) + 1
  seen.set(fingerprint, occurrence)
  const operation = sentence(finding.operation)
  const found = `${outcome.problem}. ${placeOf(finding)}: expected ${finding.expected}; seen ${finding.actual}.`
  const whole = message(`${found}\n\nReproduce: ${finding.reproduce}`)
  const isWhole = whole.length <= most.text
  return {
    ruleId: sentence(outcome.check),
    level: levels[finding.severity],
    kind: 'fail',
    // GitLab goes by it before it asks the rule, which says how severe a finding of it may be.
    rank: Number(scores[finding.severity]) * 10,
    message: { text: isWhole ? whole : limited(found) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(finding.location ?? outcome), uriBaseId: '%SRCROOT%' },
          region: { startLine: finding.location?.line ?? 1 },
        },
        logicalLocations: [{ name: operation, fullyQualifiedName: operation, kind: 'function' }],
      },
    ],
    // `primaryLocationLineHash`, a hash and an occurrence, is the one that GitHub matches alerts by.
    partialFingerprints: {
      primaryLocationLineHash: `${fingerprint}:${occurrence}`,
      'checkOperationVariant/v1': `${fingerprint}:${occurrence}`,
    },
    ...suppressionsOf(finding, report),
    properties: {
      severity: finding.severity,
      'security-severity': scores[finding.severity],
      ...(finding.variant === null ? {} : { variant: sentence(finding.variant) }),
      ...(finding.alsoSeenBy === undefined
        ? {}
        : { alsoSeenBy: finding.alsoSeenBy.map((tool) => sentence(tool)) }),
      evidence: finding.evidence.map((piece) => piece.kind),
      ...(isWhole ? {} : { reproduce: block(finding.reproduce) }),
    },
  }
}

/** Where a run can suppress, a result that is not suppressed says so (§3.27.23). */
function suppressionsOf({ accepted }: Finding, { baseline }: Report): Pick<Result, 'suppressions'> {
  if (baseline === null) return {}
  if (accepted === undefined) return { suppressions: [] }
  return {
    suppressions: [
      { kind: 'external', status: 'accepted', justification: message(acceptanceText(accepted)) },
    ],
  }
}

type NotificationId =
  | Exclude<Verdict, 'pass' | 'fail'>
  | 'judged-in-part'
  | 'incomplete'
  | 'left-behind'
  | 'left-out'

const notified: readonly (readonly [NotificationId, string])[] = [
  ['incomplete', 'The run stopped before its end.'],
  ['error', 'A check broke; it says nothing about the target.'],
  ['unproven', 'A check could not come to an answer.'],
  ['judged-in-part', 'A check has findings, and something beside them could not be judged.'],
  ['left-behind', 'The run has left something at the target.'],
  ['left-out', 'There is more than a document of this kind may hold.'],
  ['held-back', 'A check goes beyond the reach that the run was allowed.'],
  ['not-applicable', 'The profile does not declare what a check needs.'],
]

function invocation(report: Report, outcomes: readonly Outcome[], leftOut: string | null): Invocation {
  return {
    executionSuccessful: report.exitCode !== 2,
    exitCode: report.exitCode,
    exitCodeDescription: sentence([conclusion(report), ...standing(report).doubts].join(' ')),
    startTimeUtc: sentence(report.startedAt),
    endTimeUtc: sentence(report.finishedAt),
    toolExecutionNotifications: [
      ...(report.complete
        ? []
        : [
            {
              descriptor: { id: 'incomplete' },
              level: 'error' as const,
              message: { text: message(report.incompleteBecause ?? 'No reason was recorded.') },
            },
          ]),
      ...(leftOut === null
        ? []
        : [
            {
              descriptor: { id: 'left-out' },
              level: 'warning' as const,
              message: { text: leftOut },
            },
          ]),
      ...leftoverTexts(report).map((text) => ({
        descriptor: { id: 'left-behind' },
        level: 'warning' as const,
        message: { text: message(text) },
      })),
      ...outcomes.flatMap((outcome, index) => notification(outcome, index)),
    ],
  }
}

const notificationLevels = {
  error: 'error',
  unproven: 'warning',
  'judged-in-part': 'warning',
  'held-back': 'note',
  'not-applicable': 'note',
} as const

function notification(outcome: Outcome, index: number): Notification[] {
  const id =
    outcome.verdict === 'fail' ? (isJudgedInPart(outcome) ? 'judged-in-part' : 'pass') : outcome.verdict
  if (id === 'pass') return []
  const counts = exceptions(outcome.variants)
  return [
    {
      descriptor: { id },
      associatedRule: { id: sentence(outcome.check), index },
      level: notificationLevels[id],
      message: {
        text: message(
          `${outcome.check}: ${outcome.reason ?? 'No reason was recorded.'}${counts === null ? '' : ` (${counts})`}`,
        ),
      },
    },
  ]
}

/** Consumers want a file: the user's where it is known, else that of the check, or the one that turned a foreign tool's alert into this result. */
function uriOf({ file }: Pick<Outcome, 'file'>): string {
  return sentence(file, 200).split('/').map(encodeURIComponent).join('/')
}

/** `injection/crlf-subject` as SARIF likes names (§3.49.7): `InjectionCrlfSubject`. */
function ruleName(check: string): string {
  return sentence(check, 200)
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

/** Plain text of a message: braces are doubled (§3.11.5), what looks like an embedded link is broken (§3.11.6). */
function message(text: string): string {
  return braces(block(text).replaceAll('](', '\\]('))
}

/** A message that nobody leaves out for its length: the end is cut off where it is too long as it stands there, escaped. */
function limited(text: string): string {
  let short = message(text)
  for (let kept: number = most.text; short.length > most.text; kept = Math.floor(kept * 0.9))
    short = message(bounded(text, kept))
  return short
}

function braces(text: string): string {
  return text.replace(/[{}]/g, '$&$&')
}
