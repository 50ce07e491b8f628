import type { Report } from '../../harness/model.ts'
import { type Control, type ControlEvidence, evidenceIn, type Standard, standardsOf } from '../controls.ts'
import { plural } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { checkChips } from './chips.ts'
import { html, type Markup } from './markup.ts'

/** The tone, and the word. */
const words = {
  against: ['violated', 'findings'],
  for: ['verified', 'all passed'],
  part: ['partly-verified', 'passed in part'],
  nowhere: ['not-tested', 'not looked at'],
} as const satisfies Record<ControlEvidence['points'], readonly [string, string]>

/** The same verdicts in the order of those who assess: what this run has evidence for, control by control. */
export function standardsSection(report: Report, anchors: Anchors): Markup {
  const evidenceFor = evidenceIn(report)
  return html`<section aria-labelledby="standards">
<h2 id="standards">Standard by standard</h2>
<p class="lead">What this run has evidence on, by what each standard asks for. It is for an assessor to use, and decides nothing: a control asks for more than tests can show, and one that no check is of is not listed.</p>
${standardsOf(report).map((standard) => standardTable(standard, evidenceFor, anchors))}
</section>`
}

function standardTable(
  { name, controls }: Standard,
  evidenceFor: ReturnType<typeof evidenceIn>,
  anchors: Anchors,
): Markup {
  const rows = controls.map((control) => ({ control, evidence: evidenceFor(control) }))
  const against = rows.filter(({ evidence }) => evidence.points === 'against').length
  return html`<details class="standard"><summary><b>${name}</b> <span class="says">${plural(controls.length, 'control')}, findings in ${against === 0 ? 'none' : against}</span></summary>
<table role="table" class="controls">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Control</th><th role="columnheader" scope="col">Evidence</th><th role="columnheader" scope="col">Of which checks</th></tr></thead>
<tbody role="rowgroup">
${rows.map(({ control, evidence }) => controlRow(control, evidence, anchors))}
</tbody>
</table>
</details>`
}

function controlRow(control: Control, evidence: ControlEvidence, anchors: Anchors): Markup {
  const { points, counts, outcomes } = evidence
  return html`<tr role="row">
<th role="rowheader" scope="row"><span class="code">${control.control}</span> ${control.asks}</th>
<td role="cell"><span class="standing ${words[points][0]}">${words[points][1]}</span> <span class="looked">${counts}</span></td>
<td role="cell">${checkChips(outcomes, anchors)}</td>
</tr>
`
}
