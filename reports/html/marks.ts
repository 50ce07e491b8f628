import escapeStringRegexp from 'escape-string-regexp'
import type { Finding } from '../../harness/model.ts'
import { bounded, longestBlock } from '../visible.ts'
import { html, type Markup } from './markup.ts'

const mostWords = 20

/** What the sentence of a finding names word by word: addresses, values, header fields, names that nobody writes by chance. */
export function decisiveWords({ actual }: Pick<Finding, 'actual'>): string[] {
  const quoted = [...actual.matchAll(/[“"]([^“”"]{4,200})[”"]/g)].map(([, text = '']) => text)
  const bare = (actual.match(/[\w.@:/+=-]{6,200}/g) ?? [])
    .map((word) => word.replace(/[.:/=-]+$/, ''))
    .filter((word) => word.length >= 6 && /\d|@|\w[-_/:.]\w/.test(word))
  return [...new Set([...quoted, ...bare])].slice(0, mostWords)
}

/** The text with each of these words marked where it stands. */
export function marked(text: string, words: readonly string[]): Markup {
  if (words.length === 0) return html`${text}`
  const longestFirst = words.toSorted((a, b) => b.length - a.length).map((word) => escapeStringRegexp(word))
  const parts = bounded(text, longestBlock).split(new RegExp(`(${longestFirst.join('|')})`))
  return html`${parts.map((part, at) => (at % 2 === 1 ? html`<mark>${part}</mark>` : part))}`
}
