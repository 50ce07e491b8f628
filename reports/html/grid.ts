import type { Report } from '../../harness/model.ts'
import {
  type Column,
  columnText,
  countsOf,
  expectationWords,
  type Grid,
  type GridCell,
  gridOf,
  type Row,
  rowText,
  type Standing,
  standingWords,
} from '../access.ts'
import { sentence } from '../visible.ts'
import { plural } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { worstFirst } from './findings.ts'
import { html, type Markup } from './markup.ts'

/** The sign of a cell, and its tone. */
const signs: Readonly<Record<Standing, readonly [sign: string, tone: string]>> = {
  wrong: ['✗', 'violated'],
  unproven: ['?', 'unjudged'],
  'as said': ['✓', 'held'],
  untried: ['·', 'untried'],
  unsaid: ['', 'untried'],
}

const longestName = 60
/** Side by side. */
const columnsAside = 8

/** Operations × callers, by the checks of who may do what; `null` where none was judged. */
export function accessPicture(report: Report, anchors: Anchors): Markup | null {
  const grid = gridOf(report)
  if (grid === null) return null
  const { columns, rows } = grid
  const parts = Array.from({ length: Math.ceil(columns.length / columnsAside) }, (_, at) =>
    columns.slice(at * columnsAside, (at + 1) * columnsAside),
  )
  return html`<figure class="picture">
<figcaption><b>Who may do what.</b> ${plural(rows.length, 'operation')} and ${plural(columns.length, 'caller')}: a cell says what the profile promises, and whether that was seen. An empty one is in no table of the profile.${leftOut(grid)}</figcaption>
<p class="split">${countsOf(grid).map(({ standing, count }) => html`<span><span class="sign ${signs[standing][1]}" aria-hidden="true">${signs[standing][0]}</span> ${count} ${standingWords[standing]}</span>`)}</p>
${parts.map((part, at) => gridTable(grid, part, at, anchors))}
</figure>
`
}

function leftOut({ more }: Grid): string {
  const left = [
    ...(more.columns === 0 ? [] : [plural(more.columns, 'caller')]),
    ...(more.rows === 0 ? [] : [plural(more.rows, 'operation')]),
  ]
  return left.length === 0 ? '' : ` Not shown, and to be read in report.json: ${left.join(' and ')}.`
}

function gridTable(grid: Grid, columns: readonly Column[], at: number, anchors: Anchors): Markup {
  const kindOf = ({ operation }: Row) => operation.replace(/\..*/s, '')
  // Of what none of these callers has to do with, nothing is said here.
  const rows = grid.rows.filter((row) => columns.some((column) => grid.at(column, row) !== undefined))
  const name = `Who may do what${at === 0 ? '' : `, part ${at + 1}`}`
  return html`<div class="scroll folded-on-paper" tabindex="0" role="region" aria-label="${name}">
<table class="grid">
<thead>
<tr><th scope="col">Operation</th>${columns.map((column) => html`<th scope="col">${withBreaks(sentence(columnText(column), longestName))}</th>`)}</tr>
</thead>
<tbody>
${rows.map((row, n) => {
  const before = rows[n - 1]
  const edge = before === undefined || kindOf(before) !== kindOf(row) ? html` class="first"` : null
  return html`<tr${edge}><th scope="row">${withBreaks(sentence(rowText(row), longestName))}</th>${columns.map((column) => gridCell(grid.at(column, row), anchors))}</tr>
`
})}
</tbody>
</table>
</div>
`
}

/** Names break after their points and hyphens, and within a word where it alone is too long. */
function withBreaks(name: string): Markup {
  return html`${name.split(/(?<=[.-])/).map((part, at) => html`${at === 0 ? null : html`<wbr>`}${part}`)}`
}

function gridCell(cell: GridCell | undefined, anchors: Anchors): Markup {
  if (cell === undefined) return html`<td></td>`
  const { standing, permission, seen, by } = cell
  const [sign, tone] = signs[standing]
  const expected = expectationWords[permission]
  if (standing === 'unsaid') return html`<td class="${tone}">${expected}</td>`
  // The sign alone says that it was seen as promised; all else is said in words as well.
  const told = html`<span aria-hidden="true">${sign} </span>${expected}${standing === 'wrong' ? html`, but ${seen}` : html`<span class="unseen">: ${seen}</span>`}`
  return by === null
    ? html`<td class="${tone}">${told}</td>`
    : html`<td class="${tone}"><a href="#${anchorOf(by, anchors)}">${told}</a></td>`
}

/** The worst finding of a check is its block. */
function anchorOf({ outcome, finding }: NonNullable<GridCell['by']>, anchors: Anchors): string {
  return finding === null || worstFirst(outcome.findings)[0] === finding
    ? anchors.violation(outcome)
    : anchors.finding(outcome, finding)
}
