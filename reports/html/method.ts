import { homepage, pageOf } from '../homepage.ts'
import { type Method, methodOf } from '../methods.ts'
import { html, type Markup } from './markup.ts'

const parts: readonly (readonly [keyof Method, name: string])[] = [
  ['probe', 'What is tried'],
  ['oracle', 'What decides'],
  ['guards', 'What guards it'],
]

/**
 * How the check comes to its verdict, folded away: a reader who is to sign for it asks that of a pass as well. It leads to the page of
 * the check, where that is public.
 */
export function methodBlock(check: string, home: string | null = homepage): Markup | null {
  const [method, page] = [methodOf(check), pageOf(check, home)]
  if (method === null) return null
  return html`<details class="fold method"><summary>How this is looked at</summary>
<dl>${parts.map(([part, name]) => html`<div class="group"><dt>${name}</dt><dd>${withCode(method[part])}</dd></div>`)}</dl>
${page === null ? null : html`<p><a href="${page}" rel="noreferrer external">What of it was proved, and how</a></p>`}</details>`
}

/** `code` between backticks. */
function withCode(text: string): Markup {
  return html`${text.split('`').map((piece, at) => (at % 2 === 0 ? piece : html`<code>${piece}</code>`))}`
}
