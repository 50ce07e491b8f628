import { addressOf } from '../addresses.ts'
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
