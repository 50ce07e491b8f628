import { html, type Markup } from './markup.ts'

/** Standards by name, linked where the name alone says where they are. Nothing is fetched until somebody follows. */
export function referenceList(references: readonly string[]): Markup {
  return html`${references.map((reference, at) => [at === 0 ? null : html`, `, linked(reference)])}`
}

function linked(reference: string): Markup {
  const address = addressOf(reference)
  return address === null
    ? html`${reference}`
    : html`<a href="${address}" rel="noreferrer external">${reference}</a>`
}

function addressOf(reference: string): string | null {
  const cwe = /^CWE-(\d{1,5})$/.exec(reference)?.[1]
  if (cwe !== undefined) return `https://cwe.mitre.org/data/definitions/${cwe}.html`
  const rfc = /^RFC (\d{1,5})(?: |$)/.exec(reference)?.[1]
  if (rfc === undefined) return null
  const section = /§ ?(\d+(?:\.\d+)*)$/.exec(reference)?.[1]
  return `https://www.rfc-editor.org/rfc/rfc${rfc}${section === undefined ? '' : `#section-${section}`}`
}
