import { type Outcome, type Practice, practices, type Report } from '../../harness/model.ts'
import { practiceNames } from '../practices.ts'
import { descendingSeverities, plural, withFindings, worstSeverity } from '../wording.ts'
import { html, type Markup } from './markup.ts'

/** Problems by the practice that their check is of, each by its worst severity; `null` where there is none. */
export function severityPicture(report: Report): Markup | null {
  const problems = withFindings(report)
  if (problems.length === 0) return null
  const byPractice = Map.groupBy(problems, ({ practices }) => practices[0])
  const rows = practices.flatMap((practice) => {
    const own = byPractice.get(practice)
    return own === undefined ? [] : [{ practice, own }]
  })
  return html`<figure class="picture">
<figcaption><b>Severity by practice.</b> ${plural(problems.length, 'problem')} in ${plural(rows.length, 'practice')}: each check by the worst that it found, accepted ones included.</figcaption>
<table role="table" class="matrix">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Practice</th>${descendingSeverities.map((severity) => html`<th role="columnheader" scope="col">${severity}</th>`)}<th role="columnheader" scope="col">ways</th></tr></thead>
<tbody role="rowgroup">
${rows.map(({ practice, own }) => severityRow(practice, own))}
</tbody>
</table>
</figure>
`
}

function severityRow(practice: Practice, own: readonly Outcome[]): Markup {
  const ways = own.reduce((sum, { findings }) => sum + findings.length, 0)
  return html`<tr role="row"><th role="rowheader" scope="row"><span class="code">${practice}</span> ${practiceNames[practice]}</th>${descendingSeverities.map(
    (severity) => {
      const count = own.filter((outcome) => worstSeverity(outcome) === severity).length
      return count === 0
        ? html`<td role="cell"><span class="quiet">0</span></td>`
        : html`<td role="cell"><span class="badge ${severity}">${count}</span></td>`
    },
  )}<td role="cell">${ways}</td></tr>
`
}
