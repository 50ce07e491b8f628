import type { Finding, Outcome, Remediation, Report, Verdict } from '../harness/model.ts'
import { columnText, countsOf, expectationWords, gridOf, rowText, standingWords } from './access.ts'
import { standing } from './exit.ts'
import { exceptions } from './variants.ts'
import { block, sentence } from './visible.ts'
import {
  acceptanceText,
  conclusion,
  countSeverities,
  countVerdicts,
  descendingSeverities,
  duration,
  effortWords,
  failsOnText,
  leftoverTexts,
  placeOf,
  plural,
  previousText,
  verdictOrder,
  verdictWords,
  withFindings,
} from './wording.ts'

/** A CI shows the top of a summary, and GitHub refuses one above 1 MiB. */
const longestList = 50
const longestCell = 300
const longestLine = 1_000

/** Beside the findings, not instead of them. */
const mostRemedies = 20
const longestCode = 1_000

/** A summary in GitHub-flavoured Markdown, for the place a CI offers for one. */
export function toMarkdown(report: Report): string {
  const open = report.outcomes.filter(
    (outcome) => outcome.verdict === 'unproven' || outcome.verdict === 'error',
  )
  const of = (verdict: Verdict) => report.outcomes.filter((outcome) => outcome.verdict === verdict)
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
    ...[previousText(report)].flatMap((text) => (text === null ? [] : [escapeMarkdown(text, longestCell)])),
    countsTable(report),
    facts(report),
    ...findings(report),
    ...accessGrid(report),
    ...remedies(report),
    ...leftovers(report),
    ...outcomeList('Not proven', open),
    ...outcomeList('Held back', of('held-back')),
    ...outcomeList('Not applicable', of('not-applicable')),
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

/** Code as it is: its fence is longer than any that stands in it (CommonMark 0.31 §4.5). */
export function fenced(code: string, limit?: number): string {
  const text = block(code, limit)
  const longest = (text.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}

/** The code that shows a remedy, in blocks of its own. */
export function remedyCode({ before, after }: Remediation, limit?: number): string[] {
  return [
    ...(before === undefined ? [] : ['Before:', fenced(before, limit)]),
    ...(after === undefined ? [] : ['After:', fenced(after, limit)]),
  ]
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
    `fails on ${failsOnText(report)}`,
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
      '| severity | problem | where | expected | seen |',
      '|---|---|---|---|---|',
      ...sorted.slice(0, longestList).map(({ outcome, finding }) => findingRow(outcome, finding)),
    ].join('\n'),
    ...(sorted.length > longestList ? [`… and ${sorted.length - longestList} more in report.html.`] : []),
  ]
}

function findingRow(outcome: Outcome, finding: Finding): string {
  const cell = (text: string) => escapeMarkdown(text, longestCell)
  const seen = [
    finding.actual,
    ...(finding.alsoSeenBy ?? []).map((tool) => `also seen by ${tool}`),
    ...(finding.accepted === undefined ? [] : [acceptanceText(finding.accepted)]),
  ].join('; ')
  return `| ${finding.severity} | ${cell(outcome.problem)} (${cell(outcome.check)}) | ${cell(placeOf(finding))} | ${cell(finding.expected)} | ${cell(seen)} |`
}

/** For each check with findings: how far they go, what could not be judged beside them, and what to do. */
function remedies(report: Report): string[] {
  const violated = withFindings(report)
  if (violated.length === 0) return []
  const more = violated.length - mostRemedies
  return [
    `<details><summary>How to put it right: ${plural(violated.length, 'check')}</summary>`,
    ...violated.slice(0, mostRemedies).flatMap(remedy),
    ...(more > 0 ? [`… and ${more} more in report.html.`] : []),
    '</details>',
  ]
}

function remedy({ check, reason, remediation, variants }: Outcome): string[] {
  const said = [exceptions(variants), reason].filter((text) => text !== null)
  const effort = remediation.effort === null ? '' : ` (effort: ${effortWords[remediation.effort]})`
  return [
    `**${escapeMarkdown(check, longestCell)}**${effort}: ${escapeMarkdown(remediation.how, longestCode)}`,
    ...said.map((text) => escapeMarkdown(text, longestCell)),
    ...remedyCode(remediation, longestCode),
  ]
}

/** Who may do what, in numbers and by what is wrong; the grid itself stands in report.html. */
function accessGrid(report: Report): string[] {
  const grid = gridOf(report)
  if (grid === null) return []
  const cell = (text: string) => escapeMarkdown(text, longestCell)
  const counts = countsOf(grid).map(({ standing, count }) => `${count} ${standingWords[standing]}`)
  const wrong = grid.cells.filter(({ standing }) => standing === 'wrong')
  return [
    `### Who may do what\n\n${plural(grid.rows.length, 'operation')} × ${plural(grid.columns.length, 'caller')}: ${counts.join(', ')}.`,
    ...(wrong.length === 0
      ? []
      : [
          [
            '| caller | operation | profile | seen | check |',
            '|---|---|---|---|---|',
            ...wrong
              .slice(0, longestList)
              .map(
                (each) =>
                  `| ${cell(columnText(each))} | ${cell(rowText(each))} | ${expectationWords[each.permission]} | ${each.seen} | ${cell(each.by?.outcome.check ?? '')} |`,
              ),
          ].join('\n'),
        ]),
    ...(wrong.length > longestList ? [`… and ${wrong.length - longestList} more in report.html.`] : []),
  ]
}

function leftovers(report: Report): string[] {
  const texts = leftoverTexts(report)
  if (texts.length === 0) return []
  return ['### Left at the target', texts.map((text) => `- ${escapeMarkdown(text, longestLine)}`).join('\n')]
}

function outcomeList(heading: string, outcomes: readonly Outcome[]): string[] {
  if (outcomes.length === 0) return []
  const lines = outcomes.slice(0, longestList).map(({ check, verdict, reason, variants }) => {
    const said = [verdictWords[verdict].label, exceptions(variants)].filter((text) => text !== null)
    return `- ${escapeMarkdown(check, longestCell)} (${said.join('; ')}): ${escapeMarkdown(reason ?? 'no reason was recorded', longestCell)}`
  })
  const more = outcomes.length > longestList ? [`- … and ${outcomes.length - longestList} more`] : []
  return [
    `<details><summary>${heading}: ${plural(outcomes.length, 'check')}</summary>`,
    [...lines, ...more].join('\n'),
    '</details>',
  ]
}
