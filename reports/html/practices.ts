import type { Practice, Report } from '../../harness/model.ts'
import {
  type PracticeHeading,
  type PracticeResult,
  type PracticeStanding,
  practiceHeadings,
  practicesIn,
  standings,
} from '../practices.ts'
import { plural } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { checkChips } from './chips.ts'
import { html, type Markup } from './markup.ts'

const mostReasons = 3

export function practicesSection(report: Report, anchors: Anchors): Markup {
  const results = practicesIn(report)
  const count = (standing: PracticeStanding) =>
    Object.values(results).filter((result) => result.standing === standing).length
  return html`<section aria-labelledby="practices">
<h2 id="practices">Practice by practice</h2>
<p class="lead">${standings.map((standing, at) => html`${at === 0 ? '' : ', '}<b>${count(standing)}</b> ${standing}`)}. Each check is of one practice and decides about that alone. A practice is verified only where every question that belongs to it was asked and every check of it passed; what only has to do with it is named as related.${report.notSelected.length === 0 ? null : ' This run was restricted to some checks, so that it verifies no practice.'}</p>
${practiceHeadings.map((heading) => practiceTable(heading, results, anchors))}
</section>`
}

function practiceTable(
  { heading, practices }: PracticeHeading,
  results: Readonly<Record<Practice, PracticeResult>>,
  anchors: Anchors,
): Markup {
  return html`<table role="table" class="practices">
<caption>${heading}</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Practice</th><th role="columnheader" scope="col">Standing</th><th role="columnheader" scope="col">Why, and by which checks</th></tr></thead>
<tbody role="rowgroup">
${practices.map(([practice, name]) => practiceRow(practice, name, results[practice], anchors))}
</tbody>
</table>`
}

function practiceRow(practice: Practice, name: string, result: PracticeResult, anchors: Anchors): Markup {
  const { standing, looked, of, own, related } = result
  return html`<tr role="row">
<th role="rowheader" scope="row"><span class="code">${practice}</span> ${name}</th>
<td role="cell"><span class="standing ${standing.replace(' ', '-')}">${standing}</span>${of === 0 ? null : html` <span class="looked">${looked} of ${of} looked at</span>`}</td>
<td role="cell">${reasons(result)}${checkChips(own, anchors)}${planned(result)}${related.length === 0 ? null : html`<details class="fold"><summary>${plural(related.length, 'related check')}</summary>${checkChips(related, anchors)}</details>`}</td>
</tr>
`
}

function reasons({ reasons }: PracticeResult): Markup {
  const more = reasons.length - mostReasons
  return html`${reasons.slice(0, mostReasons).map((reason) => html`<p>${reason}</p>`)}${more > 0 ? html`<p>… and ${more} more, see the checks.</p>` : null}`
}

function planned({ planned }: PracticeResult): Markup | null {
  if (planned.length === 0) return null
  return html`<details class="fold"><summary>${plural(planned.length, 'question')} that no check asks yet</summary> <ul class="names">${planned.map((id) => html`<li>${id}</li>`)}</ul></details>`
}
