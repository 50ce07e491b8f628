import type { Outcome, Report } from '../../harness/model.ts'
import { duration, suiteOf, verdictWords } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { html, type Markup } from './markup.ts'

export function checksSection(report: Report, anchors: Anchors): Markup {
  const suites = Map.groupBy(report.outcomes, (outcome) => suiteOf(outcome.check))
  const sorted = [...suites].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return html`<section aria-labelledby="checks">
<h2 id="checks">All checks</h2>
<p class="lead">A check is proved by running it twice against a reference API, once sound and once with a known fault: it must pass the one and fail the other.</p>
<table class="checks">
<thead><tr><th scope="col">Check</th><th scope="col">Verdict</th><th scope="col">Worst case</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Time</th><th scope="col">Proved at</th></tr></thead>
${sorted.map(([suite, outcomes]) => suiteRows(suite, outcomes, anchors))}
</table>
</section>`
}

function suiteRows(suite: string, outcomes: readonly Outcome[], anchors: Anchors): Markup {
  return html`<tbody>
<tr class="suite"><th scope="rowgroup" colspan="6">${suite}</th></tr>
${outcomes.toSorted((a, b) => (a.check < b.check ? -1 : 1)).map((outcome) => checkRow(outcome, anchors))}
</tbody>
`
}

function checkRow(outcome: Outcome, anchors: Anchors): Markup {
  return html`<tr id="${anchors.check(outcome)}">
<th scope="row"><code>${outcome.check}</code> <span class="title">${outcome.title}</span>${outcome.reason === null ? null : html`<span class="reason">${outcome.reason}</span>`}</th>
<td>${verdictCell(outcome, anchors)}</td>
<td data-label="Worst case">${outcome.severity}</td>
<td data-label="Requests" class="number">${outcome.requests}</td>
<td data-label="Time" class="number">${duration(outcome.milliseconds)}</td>
<td data-label="Proved at">${outcome.proof === null ? html`<span class="quiet">not as it stands</span>` : html`<code>${outcome.proof.slice(0, 12)}</code>`}</td>
</tr>
`
}

function verdictCell(outcome: Outcome, anchors: Anchors): Markup {
  const verdict = html`<span class="mark ${outcome.verdict}">${verdictWords[outcome.verdict].label}</span>`
  return outcome.findings.length > 0 ? html`<a href="#${anchors.finding(outcome)}">${verdict}</a>` : verdict
}
