import type { Outcome } from '../../harness/model.ts'
import { countStates, isOpen, stateWords, type VariantGroup, variantGroups } from '../variants.ts'
import { sentence } from '../visible.ts'
import { plural } from '../wording.ts'
import { basisLines } from './basis.ts'
import { html, type Markup } from './markup.ts'

/** A run has well over a thousand of them, and some of their names come from the target. */
const longestName = 200

/** Of those whose reason stands in the open; the list below it names all. */
const mostNames = 8

/**
 * What became of each variant of a check, and what its verdict rests on: what was left open can be seen, all of it is folded away.
 * One fold a check, since a fleet has many.
 */
export function variantList(outcome: Outcome): Markup | null {
  const { variants } = outcome
  const basis = basisLines(outcome)
  if (variants.length === 0 && basis === null) return null
  const groups = variantGroups(variants)
  const open = groups.filter(isOpen)
  const counts = countStates(variants).map(([state, count]) => `${count} ${stateWords[state]}`)
  const summary = [
    ...(variants.length === 0 ? [] : [`${plural(variants.length, 'variant')}: ${counts.join(', ')}`]),
    ...(basis === null ? [] : [basis.summary]),
  ]
  return html`${open.length === 0 ? null : html`<dl>${open.map((group) => entry(group, mostNames))}</dl>`}<details class="variants">
<summary>${summary.join('. ')}</summary>
${basis === null ? null : html`<p class="said">${basis.lines}</p>`}${variants.length === 0 ? null : html`<dl>${groups.map((group) => entry(group, group.names.length))}</dl>`}
</details>`
}

function entry({ state, reason, names }: VariantGroup, most: number): Markup {
  const more = names.length - most
  return html`<div class="group"><dt class="mark ${state}">${names.length} ${stateWords[state]}</dt><dd>${reason === null ? null : html`<p>${state === 'violated' ? 'Not judged whole: ' : null}${sentence(reason)}</p>`}<ul class="names">${names.slice(0, most).map((name) => html`<li>${sentence(name, longestName)}</li>`)}${more > 0 ? html`<li>and ${more} more</li>` : null}</ul></dd></div>
`
}
