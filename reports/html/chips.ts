import type { Outcome } from '../../harness/model.ts'
import { verdictOrder, verdictWords } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { html, type Markup } from './markup.ts'

/** Checks with their verdicts, those that want a look first, each a link to what it found or to its row. */
export function checkChips(outcomes: readonly Outcome[], anchors: Anchors): Markup | null {
  if (outcomes.length === 0) return null
  const sorted = verdictOrder.flatMap((verdict) => outcomes.filter((outcome) => outcome.verdict === verdict))
  return html`<ul class="chips">${sorted.map(
    (outcome) =>
      html`<li><a href="#${outcome.findings.length > 0 ? anchors.violation(outcome) : anchors.check(outcome)}"><span class="dot ${outcome.verdict}"></span>${outcome.check} <span class="verdict">${verdictWords[outcome.verdict].label}</span></a></li>`,
  )}</ul>`
}
