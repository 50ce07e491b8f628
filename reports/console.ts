import pc from 'picocolors'
import type { Evidence, Finding, Outcome, Report, Severity, Verdict } from '../harness/model.ts'
import { standing } from './exit.ts'
import { exceptions } from './variants.ts'
import { block, sentence } from './visible.ts'
import {
  acceptanceText,
  conclusion,
  countVerdicts,
  duration,
  placeOf,
  previousText,
  remedyParts,
  verdictOrder,
  verdictWords,
  withFindings,
} from './wording.ts'

/** What picocolors' `createColors` makes; it leaves colours out where the terminal or NO_COLOR wants none. */
export type Colours = Omit<typeof pc, 'createColors'>

/** Of a piece of evidence, or of code that shows a remedy. */
const longestExcerpt = 800

/** Of what repeats a finding by hand. */
const longestLines = 3000

/** Of one check: the variants of a check often fail alike, and the documents hold all of them. */
const mostFindings = 3

/** One line for one outcome, while the run goes on. */
export function progressLine(outcome: Outcome, colours: Colours = pc): string {
  const label = mark(outcome.verdict, colours)(verdictWords[outcome.verdict].label.padEnd(14))
  const time = colours.dim(duration(outcome.milliseconds))
  const detail = detailOf(outcome)
  const tail = detail === null ? '' : colours.dim(`  ${sentence(detail, 300)}`)
  return `${label} ${sentence(outcome.check, 200)} ${time}${tail}`
}

function detailOf({ verdict, problem, reason, variants }: Outcome): string | null {
  const counts = exceptions(variants)
  if (verdict !== 'fail') return reason ?? counts
  return counts === null ? problem : `${problem}; ${counts}`
}

/** Every finding, the worst check first; an empty text where there is none. */
export function findingsText(report: Report, colours: Colours = pc): string {
  return withFindings(report)
    .map((outcome) =>
      [
        colours.bold(`${sentence(outcome.check, 200)}: ${sentence(outcome.problem)}`),
        indented(`why: ${block(outcome.why)}`),
        ...outcome.findings.slice(0, mostFindings).map((finding) => findingText(finding, colours)),
        ...(outcome.findings.length > mostFindings
          ? [indented(colours.dim(`… and ${outcome.findings.length - mostFindings} more: see report.html`))]
          : []),
        ...extent(outcome).map((text) => indented(colours.dim(text))),
        ...remedyParts(outcome.remediation).map(([label, text]) =>
          indented(labelled(label, block(text, label === 'remedy' ? undefined : longestExcerpt), 8)),
        ),
      ].join('\n'),
    )
    .join('\n\n')
}

/** `4 failed · 3 passed · …`, then what the run says, and each doubt on a line of its own. */
export function countsLine(report: Report, colours: Colours = pc): string {
  const counts = countVerdicts(report.outcomes)
  const parts = verdictOrder
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => mark(verdict, colours)(`${counts[verdict]} ${verdictWords[verdict].label}`))
  const left = report.notSelected.length
  if (left > 0) parts.push(colours.dim(`${left} not selected`))
  const partial = report.complete ? [] : [report.incompleteBecause ?? 'No reason was recorded.']
  const doubts = [...partial, ...standing(report).doubts].map(
    (doubt) => `\n${colours.yellow(`! ${sentence(doubt)}`)}`,
  )
  const since = previousText(report)
  const history = since === null ? '' : `\n${colours.dim(sentence(since))}`
  return `${parts.join(' · ')}\n${colours.bold(conclusion(report))}${history}${doubts.join('')}`
}

/** How much of the check was judged, and what was not; nothing where all that it has is its findings. */
function extent({ variants, reason }: Outcome): string[] {
  const counts = exceptions(variants)
  return [...(counts === null ? [] : [counts]), ...(reason === null ? [] : [sentence(reason)])]
}

function findingText(finding: Finding, colours: Colours): string {
  const parts = [
    ['expected', block(finding.expected)],
    ['seen', block(finding.actual)],
    ...(finding.alsoSeenBy === undefined
      ? []
      : [['also', `seen by ${sentence(finding.alsoSeenBy.join(', '))}`] as const]),
    ...(finding.accepted === undefined
      ? []
      : [['accepted', sentence(acceptanceText(finding.accepted))] as const]),
    ['evidence', evidenceText(finding.evidence[0])],
    ['reproduce', linesOf(finding)],
  ] as const
  return indented(
    [
      `${severityColour(finding.severity, colours)(finding.severity)} ${sentence(placeOf(finding))}`,
      ...parts.map(([label, text]) => indented(labelled(label, text, 11))),
    ].join('\n'),
  )
}

/** Half of a line would do something else. */
function linesOf({ reproduce }: Finding): string {
  if (reproduce.length <= longestLines) return block(reproduce)
  return `${reproduce.length} characters: see report.html`
}

/** The shortest telling text of one piece of evidence; the documents hold all of it. */
function evidenceText(evidence: Evidence): string {
  const text = (value: string) => block(value, longestExcerpt)
  switch (evidence.kind) {
    case 'exchange':
      return `${sentence(evidence.request.split('\n', 1)[0] ?? '')} → ${sentence(evidence.response.split('\n', 1)[0] ?? '')}`
    case 'delivery':
      return `arrived for ${evidence.envelope.to.map((to) => sentence(to, 320)).join(', ')}\n${text(evidence.excerpt)}`
    case 'session':
      return text(evidence.transcript)
    case 'handshake':
      return `${sentence(evidence.endpoint)}: offered ${text(evidence.offered)}, answered ${text(evidence.answered)}`
    case 'callback':
      return text(evidence.request)
    case 'dns':
      return `${sentence(evidence.name)} ${sentence(evidence.type)}: ${text(evidence.answer)}`
    case 'measurement':
      return text(evidence.text)
  }
}

/** Lines after the first stand below the text, not below its label, which takes `width` columns with its colon. */
function labelled(label: string, text: string, width: number): string {
  return `${`${label}:`.padEnd(width)}${text.replaceAll('\n', `\n${' '.repeat(width)}`)}`
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}

function mark(verdict: Verdict, colours: Colours): (text: string) => string {
  switch (verdict) {
    case 'pass':
      return colours.green
    case 'fail':
      return colours.red
    case 'error':
      return colours.magenta
    case 'unproven':
      return colours.yellow
    case 'held-back':
    case 'not-applicable':
      return colours.dim
  }
}

function severityColour(severity: Severity, colours: Colours): (text: string) => string {
  switch (severity) {
    case 'critical':
      return (text) => colours.bold(colours.red(text))
    case 'high':
      return colours.red
    case 'medium':
      return colours.yellow
    case 'low':
      return colours.cyan
  }
}
