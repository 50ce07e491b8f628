import type { Finding, Outcome, Report, Verdict } from '../harness/model.ts'
import { standing } from './exit.ts'
import { sentence } from './visible.ts'
import {
  conclusion,
  countSeverities,
  countVerdicts,
  descendingSeverities,
  duration,
  plural,
  verdictOrder,
  verdictWords,
  withFindings,
} from './wording.ts'

/** A CI shows the top of a summary, and GitHub refuses one above 1 MiB. */
const longestList = 50
const longestCell = 300

/** A summary in GitHub-flavoured Markdown, for the place a CI offers for one. */
export function toMarkdown(report: Report): string {
  const open = report.outcomes.filter(
    (outcome) => outcome.verdict === 'unproven' || outcome.verdict === 'error',
  )
  const skipped = report.outcomes.filter((outcome) => outcome.verdict === 'not-applicable')
  return `${[
    `## Postern: ${escapeMarkdown(report.target.name, longestCell)}`,
    ...(report.complete
      ? []
      : [
          `> [!CAUTION]\n> **This report is partial.** ${escapeMarkdown(report.incompleteBecause ?? 'No reason was recorded.', longestCell)}`,
        ]),
    `**${escapeMarkdown(conclusion(report))}** ${standing(report)
      .doubts.map((doubt) => escapeMarkdown(doubt, longestCell))
      .join(' ')}`.trim(),
    countsTable(report),
    facts(report),
    ...findings(report),
    ...outcomeList('Not proven', open),
    ...outcomeList('Not applicable', skipped),
  ].join('\n\n')}\n`
}

/**
 * One line of text that Markdown shows as it is: no markup, no HTML, no link, nor a list or a code block at its start.
 * ASCII punctuation may be escaped anywhere outside code (CommonMark 0.31 §2.4).
 */
export function escapeMarkdown(text: string, limit?: number): string {
  return sentence(text, limit)
    .trimStart()
    .replace(/[\\`*_{}[\]()<>#+!|~&$@]/g, '\\$&')
    .replace(/^[-=]|(?<=^\d+)\./, '\\$&')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/(?<=\bwww)\./gi, '&#46;')
}

function countsTable(report: Report): string {
  const counts = countVerdicts(report.outcomes)
  return [
    `| ${verdictOrder.map((verdict: Verdict) => verdictWords[verdict].label).join(' | ')} |`,
    `|${verdictOrder.map(() => '--:').join('|')}|`,
    `| ${verdictOrder.map((verdict) => counts[verdict]).join(' | ')} |`,
  ].join('\n')
}

function facts(report: Report): string {
  const spent = Date.parse(report.finishedAt) - Date.parse(report.startedAt)
  return [
    escapeMarkdown(report.target.url, longestCell),
    `driver ${escapeMarkdown(report.driver, longestCell)}`,
    `reach ${report.reach}`,
    `fails on ${report.failOn}`,
    `seed ${report.seed}`,
    ...(Number.isNaN(spent) ? [] : [duration(spent)]),
  ].join(' · ')
}

function findings(report: Report): string[] {
  const rows = withFindings(report).flatMap((outcome) =>
    outcome.findings.map((finding) => ({ outcome, finding, severity: finding.severity })),
  )
  if (rows.length === 0) return []
  const sorted = descendingSeverities.flatMap((severity) => rows.filter((row) => row.severity === severity))
  const counts = countSeverities(report.outcomes)
  const split = descendingSeverities.filter((severity) => counts[severity] > 0)
  return [
    `### ${plural(rows.length, 'finding')}: ${split.map((severity) => `${counts[severity]} ${severity}`).join(', ')}`,
    [
      '| severity | violated | where | expected | seen |',
      '|---|---|---|---|---|',
      ...sorted.slice(0, longestList).map(({ outcome, finding }) => findingRow(outcome, finding)),
    ].join('\n'),
    ...(sorted.length > longestList ? [`… and ${sorted.length - longestList} more in report.html.`] : []),
  ]
}

function findingRow(outcome: Outcome, finding: Finding): string {
  const cell = (text: string) => escapeMarkdown(text, longestCell)
  const where = finding.variant === null ? finding.operation : `${finding.operation}, ${finding.variant}`
  const seen = [finding.actual, ...(finding.alsoSeenBy ?? []).map((tool) => `also seen by ${tool}`)].join(
    '; ',
  )
  return `| ${finding.severity} | ${cell(outcome.title)} (${cell(outcome.check)}) | ${cell(where)} | ${cell(finding.expected)} | ${cell(seen)} |`
}

function outcomeList(heading: string, outcomes: readonly Outcome[]): string[] {
  if (outcomes.length === 0) return []
  const lines = outcomes
    .slice(0, longestList)
    .map(
      (outcome) =>
        `- ${escapeMarkdown(outcome.check, longestCell)} (${verdictWords[outcome.verdict].label}): ${escapeMarkdown(outcome.reason ?? 'no reason was recorded', longestCell)}`,
    )
  const more = outcomes.length > longestList ? [`- … and ${outcomes.length - longestList} more`] : []
  return [
    `<details><summary>${heading}: ${plural(outcomes.length, 'check')}</summary>`,
    [...lines, ...more].join('\n'),
    '</details>',
  ]
}
