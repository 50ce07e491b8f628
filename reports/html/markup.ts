import { block, longestBlock } from '../visible.ts'

/** HTML that was built by `html` and may be put into HTML as it is. */
export interface Markup {
  readonly markup: string
}

export type Content = string | number | null | false | Markup | readonly Content[]

/**
 * The only way to HTML here. Every text is bounded, escaped, and its unseen characters are written out, unless it came
 * out of this tag itself. Attribute values must stand in double quotes.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let markup = parts[0] ?? ''
  for (const [at, content] of contents.entries()) markup += render(content) + (parts[at + 1] ?? '')
  return { markup }
}

function render(content: Content): string {
  if (content === null || content === false) return ''
  if (typeof content === 'string') return escaped(content)
  if (typeof content === 'number') return `${content}`
  return 'markup' in content ? content.markup : content.map(render).join('')
}

/** Most texts hold nothing but these. */
const harmless = /^[\x20!#-%(-;=?-~\n\t]*$/

function escaped(text: string): string {
  if (text.length <= longestBlock && harmless.test(text)) return text
  return block(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
