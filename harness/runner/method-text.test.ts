import { expect, test } from 'vitest'
import { beginning, ending, methodMarkdown, readMethod } from './method-text.ts'

const method = {
  probe: 'A message is sent with `CR LF` in its subject, and a field behind it, by each channel.',
  oracle: 'A field of that name in the delivered message is high; a message that was refused is held.',
  guards: 'A benign message must arrive first. A limit or no answer leaves the variant unproven.',
}
const byHand = methodMarkdown(method)

test.each([
  ['that its author has just written', byHand],
  [
    'around which the rest was generated',
    `# a/b\n\n## Before\n\n${beginning}\n\n${byHand}\n${ending}\n\n## Remedy\n\n- a\n`,
  ],
])('a page %s says how the check looks', (_, page) => {
  expect(readMethod('a/b', page)).toEqual({ method })
})

test('its text is broken into lines, where Markdown takes no word for a mark', () => {
  const probe = `${'word '.repeat(23)}- one, ${'word '.repeat(30)}end.`
  const page = methodMarkdown({ ...method, probe })
  expect(page.split('\n').every((line) => line.length <= 125 && !line.startsWith('- '))).toBe(true)
  expect(readMethod('a/b', page)).toEqual({ method: { ...method, probe } })
})

test.each<[what: string, page: string | null, seen: RegExp]>([
  ['is missing', null, /seen no such file/],
  ['is empty', '', /seen no heading/],
  ['lacks a section', byHand.replace(/## Oracle[^#]*/, ''), /seen "## Probe", "## Guards"/],
  ['has one more', `${byHand}\n## Notes\n\nMore.\n`, /"## Guards", "## Notes"/],
  ['has them in another order', byHand.replace('Probe', 'Guards'), /seen "## Guards", "## Oracle"/],
  ['says something before them', `Hello.\n\n${byHand}`, /text before the first of them: "Hello\."/],
  [
    'says next to nothing',
    byHand.replace(/A message is sent[^#]*/, 'TODO\n\n'),
    /4 characters below "## Probe"/,
  ],
  [
    'says too much',
    methodMarkdown({ ...method, guards: 'more '.repeat(300) }),
    /characters below "## Guards"/,
  ],
  ['holds HTML', methodMarkdown({ ...method, probe: `${method.probe} <b>` }), /markup below "## Probe"/],
  [
    'holds a link',
    methodMarkdown({ ...method, oracle: `${method.oracle} [a](b)` }),
    /markup below "## Oracle"/,
  ],
  [
    'leaves code open',
    methodMarkdown({ ...method, oracle: `${method.oracle} \`a` }),
    /markup below "## Oracle"/,
  ],
])('a page that %s is refused, with what it must hold and what to do', (_, page, seen) => {
  const read = readMethod('a/b', page)
  if (!('problem' in read)) throw new Error('expected a problem')
  expect(read.problem).toMatch(seen)
  expect(read.problem).toMatch(/^suites\/a\/b\.md: expected the sections "## Probe" \(what is tried/)
  expect(read.problem).toMatch(/Write it, then run `npm run generate`$/)
})
