import type { Outcome } from '../../harness/model.ts'
import { plural, verdictOrder, verdictWords } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { html, type Markup } from './markup.ts'

/** More than any practice or control has of our own. */
const mostChips = 200

/** Checks with their verdicts, those that want a look first, each a link to what it found or to its row. */
export function checkChips(outcomes: readonly Outcome[], anchors: Anchors): Markup | null {
  if (outcomes.length === 0) return null
  const sorted = verdictOrder.flatMap((verdict) => outcomes.filter((outcome) => outcome.verdict === verdict))
  const more = sorted.length - mostChips
  return html`<ul class="chips">${sorted
    .slice(0, mostChips)
    .map(
      (outcome) =>
        html`<li><a href="#${outcome.findings.length > 0 ? anchors.violation(outcome) : anchors.check(outcome)}"><span class="dot ${outcome.verdict}"></span>${outcome.check} <span class="verdict">${verdictWords[outcome.verdict].label}</span></a></li>`,
    )}${more > 0 ? html`<li class="quiet">and ${plural(more, 'other check')}</li>` : null}</ul>`
}
