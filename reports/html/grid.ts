import type { Access, Outcome, Report } from '../../harness/model.ts'
import { sentence } from '../visible.ts'
import { plural } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { html, type Markup } from './markup.ts'

/** What a cell shows: a sign, the word for it, and its tone. */
const signs = {
  allowed: ['✓', 'allowed, as promised', 'held'],
  refused: ['–', 'refused, as promised', 'held'],
  own: ['○', 'kept to what is his own, as promised', 'held'],
  wrong: ['✗', 'wrong: let do more, or less, than promised', 'violated'],
  open: ['?', 'tried, and came to no verdict', 'unjudged'],
} as const
type Sign = keyof typeof signs

interface Cell {
  readonly sign: Sign
  /** Who found it wrong. */
  readonly by: Outcome | null
}

const mostPrincipals = 12
const mostOperations = 200
/** Side by side. */
const columns = 40
const longestName = 40

/** Principals × operations, by the checks of who may do what; `null` where none was judged. */
export function accessPicture({ outcomes }: Report, anchors: Anchors): Markup | null {
  const grid = gridOf(outcomes)
  if (grid === null) return null
  const { principals, operations, more, cells } = grid
  const count = (sign: Sign) => [...cells.values()].filter((cell) => cell.sign === sign).length
  const counted = (Object.keys(signs) as Sign[]).filter((sign) => count(sign) > 0)
  const tried = cells.size
  const all = principals.length * operations.length
  return html`<figure class="picture">
<figcaption><b>Who may do what.</b> ${plural(principals.length, 'caller')} and ${plural(operations.length, 'operation')}: of ${all} pairs ${tried} were tried; the others are empty.${more === null ? null : ` ${more}`}</figcaption>
<p class="split">${counted.map((sign) => html`<span><span class="sign ${signs[sign][2]}" aria-hidden="true">${signs[sign][0]}</span> ${count(sign)} ${signs[sign][1]}</span>`)}</p>
${chunks(operations).map((part, at) => gridTable(part, at, principals, cells, anchors))}
</figure>
`
}

function gridTable(
  operations: readonly string[],
  at: number,
  principals: readonly string[],
  cells: ReadonlyMap<string, Cell>,
  anchors: Anchors,
): Markup {
  const kinds = [...Map.groupBy(operations, (operation) => split(operation)[0])]
  return html`<div class="scroll folded-on-paper" tabindex="0" role="region" aria-label="Who may do what${at === 0 ? '' : `, part ${at + 1}`}">
<table class="grid">
<thead>
<tr><td></td>${kinds.map(([kind, own]) => html`<th scope="colgroup" colspan="${own.length}" class="first">${sentence(kind, longestName)}</th>`)}</tr>
<tr><td></td>${kinds.flatMap(([, own]) => own.map((operation, n) => html`<th scope="col"${n === 0 ? html` class="first"` : null}><span class="upright">${sentence(split(operation)[1], longestName)}</span></th>`))}</tr>
</thead>
<tbody>
${principals.map(
  (
    principal,
  ) => html`<tr><th scope="row">${sentence(principal, longestName)}</th>${kinds.flatMap(([, own]) => own.map((operation, n) => gridCell(cells.get(keyOf(principal, operation)), n === 0, anchors)))}</tr>
`,
)}
</tbody>
</table>
</div>
`
}

function gridCell(cell: Cell | undefined, isFirst: boolean, anchors: Anchors): Markup {
  const edge = isFirst ? 'first' : ''
  if (cell === undefined) return html`<td class="${edge}"></td>`
  const [sign, word, tone] = signs[cell.sign]
  const shown = html`<span aria-hidden="true">${sign}</span><span class="unseen">${word}</span>`
  return cell.by === null
    ? html`<td class="sign ${tone} ${edge}">${shown}</td>`
    : html`<td class="sign ${tone} ${edge}"><a href="#${anchors.violation(cell.by)}">${shown}</a></td>`
}

interface Grid {
  readonly principals: readonly string[]
  readonly operations: readonly string[]
  readonly cells: ReadonlyMap<string, Cell>
  /** What is left out. */
  readonly more: string | null
}

function gridOf(outcomes: readonly Outcome[]): Grid | null {
  const principals = new Set<string>()
  const operations = new Set<string>()
  const [otherPrincipals, otherOperations] = [new Set<string>(), new Set<string>()]
  const cells = new Map<string, Cell>()
  for (const outcome of outcomes)
    for (const access of outcome.basis?.access ?? []) {
      const { principal, operation } = access
      const isIn = [
        takenUp(principals, principal, mostPrincipals, otherPrincipals),
        takenUp(operations, operation, mostOperations, otherOperations),
      ]
      if (!isIn.every(Boolean)) continue
      const key = keyOf(principal, operation)
      const [before, now] = [cells.get(key), cellOf(access, outcome)]
      if (before === undefined || weight[now.sign] > weight[before.sign]) cells.set(key, now)
    }
  if (cells.size === 0) return null
  const left = [
    ...(otherPrincipals.size === 0 ? [] : [leftOut(otherPrincipals.size, 'caller')]),
    ...(otherOperations.size === 0 ? [] : [leftOut(otherOperations.size, 'operation')]),
  ]
  return {
    ...{ principals: [...principals], operations: [...operations].sort(), cells },
    more: left.length === 0 ? null : `Not shown, and to be read in report.json: ${left.join(' and ')}.`,
  }
}

function leftOut(count: number, noun: string): string {
  return count >= mostLeftOut ? `${mostLeftOut} ${noun}s or more` : plural(count, noun)
}

/** Of what is left out, what is counted. */
const mostLeftOut = 1000

function takenUp(known: Set<string>, name: string, most: number, others: Set<string>): boolean {
  if (!known.has(name) && known.size === most) {
    if (others.size < mostLeftOut) others.add(name)
    return false
  }
  known.add(name)
  return true
}

/** Of several verdicts on the same pair the worst is shown; of what is promised the most. */
const weight: Readonly<Record<Sign, number>> = { own: 0, refused: 1, allowed: 2, open: 3, wrong: 4 }

function cellOf({ permission, state }: Access, outcome: Outcome): Cell {
  if (state === 'violated') return { sign: 'wrong', by: outcome.findings.length > 0 ? outcome : null }
  return { sign: state === 'held' ? permission : 'open', by: null }
}

function split(operation: string): [kind: string, verb: string] {
  const at = operation.indexOf('.')
  return at < 0 ? ['', operation] : [operation.slice(0, at), operation.slice(at + 1)]
}

function chunks(operations: readonly string[]): string[][] {
  const count = Math.ceil(operations.length / columns)
  return Array.from({ length: count }, (_, at) => operations.slice(at * columns, (at + 1) * columns))
}

function keyOf(principal: string, operation: string): string {
  return `${principal.length} ${principal} ${operation}`
}
