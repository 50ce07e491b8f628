import { documentBegin, policyOf, sheetAt } from '../html/document.ts'
import { html, type Markup } from '../html/markup.ts'
import { type PracticeStanding, practiceHeadings } from '../practices.ts'
import { descendingSeverities, moment, plural } from '../wording.ts'
import {
  type RunSummary,
  type Service,
  type ServiceStanding,
  standingOfService,
  worstFirst,
} from './services.ts'

const sheet = sheetAt(new URL('./fleet.css', import.meta.url))
const policy = policyOf(sheet)

const marks: Readonly<Record<PracticeStanding, string>> = {
  violated: '✕',
  verified: '✓',
  'partly verified': '◐',
  'not tested': '·',
}

const words: Readonly<Record<ServiceStanding, readonly [tone: string, text: string]>> = {
  violated: ['violated', 'violated'],
  unknown: ['doubtful', 'not known'],
  holds: ['sound', 'nothing at or above the threshold'],
}

/** One page of all services of a fleet, the worst first: without a script, a network, or anything that is not escaped. */
export function toFleetPage(services: readonly Service[], at: string): string {
  const sorted = worstFirst(services)
  const count = (standing: ServiceStanding) =>
    services.filter((service) => standingOfService(service) === standing).length
  const title = `Postern fleet: ${plural(services.length, 'service')}`
  return html`${documentBegin({ title, sheet, policy })}<main>
<h1>${plural(services.length, 'service')}: ${count('violated')} violated, ${count('unknown')} not known, ${count('holds')} without a finding that counts</h1>
<p class="soft">As of ${moment(at)}, the worst first. What a run did not look at is not a pass: each report says how much that is.</p>
<ul class="services">
${sorted.map(serviceItem)}
</ul>
${matrix(sorted)}
${legend()}
</main>
</body>
</html>
`.markup
}

function serviceItem(service: Service): Markup {
  const { name, owner, href, problems, run } = service
  const [tone, text] = words[standingOfService(service)]
  return html`<li>
<h2>${href === null ? name : html`<a href="${href}">${name}</a>`}</h2><span class="${tone}">${text}</span>
${run === null ? null : html`<p>${severitiesOf(run)}${run.conclusion}</p>`}
${problems.length === 0 ? null : html`<ul class="doubtful">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
<p class="soft">${owner === null ? 'no owner is named' : `owner ${owner}`}${run === null ? '' : `; ${run.target}, run of ${moment(run.finishedAt)}`}</p>
</li>
`
}

function severitiesOf({ findings }: RunSummary): string {
  const counts = descendingSeverities
    .filter((severity) => findings[severity] > 0)
    .map((severity) => `${findings[severity]} ${severity}`)
  return counts.length === 0 ? '' : `${counts.join(', ')}. `
}

function matrix(services: readonly Service[]): Markup {
  const columns = practiceHeadings.flatMap(({ practices }) => practices)
  return html`<h2 id="practices">Services by practices</h2>
<p class="soft">${Object.entries(marks).map(([standing, mark], at) => html`${at === 0 ? '' : ', '}${mark} ${standing}`)}; blank: nothing is known</p>
<div class="wide" tabindex="0" role="region" aria-labelledby="practices">
<table>
<thead><tr><th scope="col">Service</th>${columns.map(([practice, name]) => html`<th scope="col"><abbr title="${name}">${practice}</abbr></th>`)}</tr></thead>
<tbody>
${services.map(
  ({
    name,
    run,
  }) => html`<tr><th scope="row">${name}</th>${columns.map(([practice]) => cell(run?.practices[practice]))}</tr>
`,
)}</tbody>
</table>
</div>
`
}

function cell(standing: PracticeStanding | undefined): Markup {
  if (standing === undefined) return html`<td><span class="unseen">not known</span></td>`
  return html`<td class="${standing.replace(' ', '-')}"><span aria-hidden="true">${marks[standing]}</span><span class="unseen">${standing}</span></td>`
}

function legend(): Markup {
  return html`<h2>The practices</h2>
<dl>${practiceHeadings.flatMap(({ practices }) => practices).map(([practice, name]) => html`<div><dt>${practice}</dt> <dd>${name}</dd></div>`)}</dl>`
}
