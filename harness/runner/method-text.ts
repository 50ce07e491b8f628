import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Method } from '../../reports/methods.ts'
import { root } from '../tree.ts'

/** Before and behind what is written by hand in the page of a check; a page that has neither is all of it. */
export const [beginning, ending] = [
  '<!-- By hand, down to the next of these lines: what the check does, and no more. -->',
  '<!-- Generated from here on by `npm run generate`: do not edit. -->',
]

/** In this order. */
const sections = [
  { part: 'probe', heading: '## Probe', says: 'what is tried, by whom and what with' },
  { part: 'oracle', heading: '## Oracle', says: 'by what it is decided, and what weighs how much' },
  {
    part: 'guards',
    heading: '## Guards',
    says: 'what must hold before that means anything, and what leaves it unproven',
  },
] as const satisfies readonly {
  readonly part: keyof Method
  readonly heading: string
  readonly says: string
}[]

/** Characters: what says less says nothing, and a report shows all of it. */
const [shortest, longest] = [60, 1200]

export function pageFile(id: string): string {
  return `suites/${id}.md`
}

/** What the page of a check says by hand; or, as a sentence, what is wrong with it, and what it must hold. */
export function readMethod(
  id: string,
  page: string | null,
): { readonly method: Method } | { readonly problem: string } {
  const wrong = (seen: string) => ({
    problem: `${pageFile(id)}: expected the sections ${sections.map(({ heading, says }) => `"${heading}" (${says})`).join(', ')}, in this order, two to five sentences each; seen ${seen}. Write it, then run \`npm run generate\``,
  })
  if (page === null) return wrong('no such file')
  const byHand = (page.includes(beginning) ? (page.split(beginning)[1] ?? '') : page).split(ending)[0] ?? ''
  const headings = byHand.match(/^#.*$/gm) ?? []
  if (headings.join() !== sections.map(({ heading }) => heading).join())
    return wrong(headings.length === 0 ? 'no heading' : headings.map((each) => `"${each}"`).join(', '))
  const [before = '', ...texts] = byHand.split(/^#.*$/m).map((text) => text.replace(/\s+/g, ' ').trim())
  if (before !== '') return wrong(`text before the first of them: "${before.slice(0, 60)}"`)
  for (const [at, { heading }] of sections.entries()) {
    const text = texts[at] ?? ''
    if (text.length < shortest || text.length > longest)
      return wrong(`${text.length} characters below "${heading}", where ${shortest} to ${longest} are enough`)
    // A report shows sentences, with code in them.
    if (/[<>]|\]\(|^[-*] |\*\*/.test(text.replace(/`[^`]*`/g, '')) || text.split('`').length % 2 === 0)
      return wrong(`markup below "${heading}", which holds sentences alone, with \`code\` in them`)
  }
  const [probe = '', oracle = '', guards = ''] = texts
  return { method: { probe, oracle, guards } }
}

/** The pages that there are, by the id of their check. */
export async function readPages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  for await (const file of glob('suites/*/*.md', { cwd: root }))
    pages.set(
      file.replaceAll('\\', '/').replace(/^suites\/|\.md$/g, ''),
      await readFile(path.join(root, file), 'utf8'),
    )
  return pages
}

/** As it stands in the page. */
export function methodMarkdown(method: Method): string {
  return sections.map(({ part, heading }) => `${heading}\n\n${wrapped(method[part])}\n`).join('\n')
}

const longestLine = 120

/** Broken between words, so that a change shows in few lines; never where Markdown would take the next word for a mark of its own. */
function wrapped(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (
      last === undefined ||
      (last.length + 1 + word.length > longestLine && !/^(?:[-+*#>]|\d+[.)]$)/.test(word))
    )
      lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join('\n')
}
