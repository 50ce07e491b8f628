import type { Basis, Outcome } from '../../harness/model.ts'
import { basisText, seenText } from '../basis.ts'
import { sentence } from '../visible.ts'
import { moment, plural } from '../wording.ts'
import { html, type Markup } from './markup.ts'

/** `report.json` has them all. */
const most = 12
const longestName = 120

/** What a verdict rests on: a line, and unfolded how often what was done. */
export function basisDetails(outcome: Outcome): Markup | null {
  const { basis } = outcome
  const text = basisText(outcome)
  if (basis === undefined || text === null) return null
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [
      'Legitimate calls accepted',
      basis.baselines.map(({ principal, operation, count }) => `${operation} as ${principal}${times(count)}`),
    ],
    ['Other guards that held', otherGuards(basis)],
    [
      'Called as',
      basis.callers.map(
        ({ principal, calls, accepted }) => `${principal}: ${plural(calls, 'call')}, ${accepted} accepted`,
      ),
    ],
    ['Messages tried by', basis.channels.map(({ channel, messages }) => `${channel}${times(messages)}`)],
    ['Looked at', [seenText(basis) ?? 'answers to calls alone']],
    ['Began', [moment(basis.startedAt)]],
  ]
  return html`<details class="rests">
<summary>Rests on ${sentence(text, 400)}</summary>
<dl>${rows.map(([name, said]) => (said.length === 0 ? null : row(name, said)))}</dl>
</details>`
}

function row(name: string, said: readonly string[]): Markup {
  const more = said.length - most
  return html`<div class="group"><dt>${name}</dt><dd><ul class="names">${said.slice(0, most).map((each) => html`<li>${sentence(each, longestName)}</li>`)}${more > 0 ? html`<li>and ${more} more</li>` : null}</ul></dd></div>
`
}

function otherGuards({ guards, baselines, fences }: Basis): string[] {
  const others = guards - fences - baselines.reduce((sum, { count }) => sum + count, 0)
  return [
    ...(fences === 0
      ? []
      : [
          `${plural(fences, 'fence')}: a benign message that came through after what was tried; one serves several`,
        ]),
    ...(others <= 0 ? [] : [`${others} of the check’s own, such as what must be there or must arrive`]),
  ]
}

function times(count: number): string {
  return count === 1 ? '' : ` ×${count}`
}
