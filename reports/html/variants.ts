import type { Outcome } from '../../harness/model.ts'
import { countStates, isOpen, stateWords, type VariantGroup, variantGroups } from '../variants.ts'
import { sentence } from '../visible.ts'
import { plural } from '../wording.ts'
import { html, type Markup } from './markup.ts'

/** A run has well over a thousand of them, and some of their names come from the target. */
const longestName = 200

/** Of those whose reason stands in the open; the list below it names all. */
const mostNames = 8

/** What became of each variant of a check: what was left open can be seen, all of it is folded away. */
export function variantList({ variants }: Outcome): Markup | null {
  if (variants.length === 0) return null
  const groups = variantGroups(variants)
  const open = groups.filter(isOpen)
  const counts = countStates(variants).map(([state, count]) => `${count} ${stateWords[state]}`)
  return html`${open.length === 0 ? null : html`<dl>${open.map((group) => entry(group, mostNames))}</dl>`}<details class="variants">
<summary>${plural(variants.length, 'variant')}: ${counts.join(', ')}</summary>
<dl>${groups.map((group) => entry(group, group.names.length))}</dl>
</details>`
}

function entry({ state, reason, names }: VariantGroup, most: number): Markup {
  const more = names.length - most
  return html`<div class="group"><dt class="mark ${state}">${names.length} ${stateWords[state]}</dt><dd>${reason === null ? null : html`<p>${state === 'violated' ? 'Not judged whole: ' : null}${sentence(reason)}</p>`}<ul class="names">${names.slice(0, most).map((name) => html`<li>${sentence(name, longestName)}</li>`)}${more > 0 ? html`<li>and ${more} more</li>` : null}</ul></dd></div>
`
}
