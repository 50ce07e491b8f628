import type { Evidence } from '../../harness/model.ts'
import { inWords } from '../evidence.ts'
import { marked } from './marks.ts'
import { html, type Markup } from './markup.ts'

/** One piece of evidence under a line that says what it is, open or folded away; these words are marked in it. */
export function evidenceBlock(evidence: Evidence, words: readonly string[], isOpen = false): Markup {
  const { name, says, parts } = inWords(evidence)
  return html`<details${isOpen ? html` open` : null}>
<summary><span class="kind">${name}</span> <span class="says">${says}</span> <span class="at">${clock(evidence.at)}</span></summary>
${parts.map(([label, text]) => html`<h6>${label}</h6><pre tabindex="0">${marked(text, words)}</pre>`)}
</details>`
}

/** `22:50:28.123 UTC`. */
function clock(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '' : `· ${date.toISOString().slice(11, 23)} UTC`
}
