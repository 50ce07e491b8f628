import type { Outcome, Report } from '../../harness/model.ts'
import { duration, suiteOf, verdictWords } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { html, type Markup } from './markup.ts'
import { methodBlock } from './method.ts'
import { variantList } from './variants.ts'

export function* checksSection(report: Report, anchors: Anchors): Generator<Markup> {
  const suites = Map.groupBy(report.outcomes, (outcome) => suiteOf(outcome.check))
  const sorted = [...suites].toSorted(([a], [b]) => (a < b ? -1 : 1))
  yield html`<section aria-labelledby="checks">
<h2 id="checks">All checks</h2>
<p class="lead">A check is proved by running it against a reference API, once sound and once with each fault that it must find: it must pass the sound one and fail every other. What was proved is named by the beginning of its digest.</p>
<table role="table" class="checks">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Check</th><th role="columnheader" scope="col">Verdict</th><th role="columnheader" scope="col">Worst case</th><th role="columnheader" scope="col" class="number">Requests</th><th role="columnheader" scope="col" class="number">Time</th><th role="columnheader" scope="col">Proved</th></tr></thead>
`
  for (const [suite, outcomes] of sorted) {
    yield html`<tbody role="rowgroup">
<tr role="row" class="suite"><th role="rowheader" scope="rowgroup" colspan="6">${suite}</th></tr>
`
    for (const outcome of outcomes.toSorted((a, b) => (a.check < b.check ? -1 : 1)))
      yield checkRow(outcome, anchors)
    yield html`</tbody>
`
  }
  yield html`</table>
</section>
`
}

function checkRow(outcome: Outcome, anchors: Anchors): Markup {
  return html`<tr role="row" id="${anchors.check(outcome)}">
<th role="rowheader" scope="row"><code>${outcome.check}</code> <span class="title">${outcome.title}</span>${outcome.reason === null ? null : html`<span class="reason">${outcome.reason}</span>`}</th>
<td role="cell">${verdictCell(outcome, anchors)}</td>
<td role="cell" data-label="Worst case">${outcome.severity}</td>
<td role="cell" data-label="Requests" class="number">${outcome.requests}</td>
<td role="cell" data-label="Time" class="number">${duration(outcome.milliseconds)}</td>
<td role="cell" data-label="Proved">${proofCell(outcome)}</td>
</tr>
${moreRow(outcome)}`
}

function moreRow(outcome: Outcome): Markup | null {
  // What was found says it in its own block.
  const method = outcome.findings.length > 0 ? null : methodBlock(outcome.check)
  const parts = [variantList(outcome), method]
  return parts.every((part) => part === null)
    ? null
    : html`<tr role="row" class="more"><td role="cell" colspan="6">${parts}</td></tr>
`
}

function proofCell({ judge, proof, weaknesses }: Outcome): Markup {
  if (judge !== null) return html`<span class="quiet">judged by ${judge}</span>`
  if (weaknesses.length === 0) return html`<span class="quiet">not by Postern</span>`
  return proof === null
    ? html`<span class="quiet">not as it stands</span>`
    : html`<code>${proof.slice(0, 12)}</code>`
}

function verdictCell(outcome: Outcome, anchors: Anchors): Markup {
  const { label } = verdictWords[outcome.verdict]
  return outcome.findings.length > 0
    ? html`<a class="mark ${outcome.verdict}" href="#${anchors.violation(outcome)}">${label}</a>`
    : html`<span class="mark ${outcome.verdict}">${label}</span>`
}
