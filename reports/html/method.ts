import { type Method, methodOf } from '../methods.ts'
import { html, type Markup } from './markup.ts'

const parts: readonly (readonly [keyof Method, name: string])[] = [
  ['probe', 'What is tried'],
  ['oracle', 'What decides'],
  ['guards', 'What guards it'],
]

/** How the check comes to its verdict, folded away: a reader who is to sign for it asks that of a pass as well. */
export function methodBlock(check: string): Markup | null {
  const method = methodOf(check)
  if (method === null) return null
  return html`<details class="fold method"><summary>How this is looked at</summary>
<dl>${parts.map(([part, name]) => html`<div class="group"><dt>${name}</dt><dd>${withCode(method[part])}</dd></div>`)}</dl>
</details>`
}

/** `code` between backticks. */
function withCode(text: string): Markup {
  return html`${text.split('`').map((piece, at) => (at % 2 === 0 ? piece : html`<code>${piece}</code>`))}`
}
