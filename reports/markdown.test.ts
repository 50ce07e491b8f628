import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { expect, test } from 'vitest'
import type { Report } from '../harness/model.ts'
import { fenced, toMarkdown } from './markdown.ts'
import { sample } from './sample.testing.ts'

test.each(['```\n<b>out</b>', 'a\n````\nb\n`````', '`', ''])('no code ends its own block: %j', (code) => {
  const rendered = micromark(fenced(code), { extensions: [gfm()], htmlExtensions: [gfmHtml()] })
  const escaped = code.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  expect(rendered).toBe(`<pre><code>${escaped}\n</code></pre>`)
})

test('a summary says of each violated check how far it goes, what was left open, and what to do', () => {
  const [, remedies] =
    /(<details><summary>How to put it right: 4 checks[\s\S]*?)\*\*smtp/.exec(toMarkdown(sample)) ?? []
  expect(remedies).toMatchInlineSnapshot(`
    "<details><summary>How to put it right: 4 checks</summary>

    **injection/crlf-subject** (effort: low, some hours): Refuse CR, LF and NUL in every header value with a 4xx, or encode the value \\(RFC 2047\\). Build messages with a library that does.

    2 of 9 variants violated, 3 not judged, 1 not applicable

    3 of 9 variants could not be judged, first CR LF folded: The target did not answer within 10 s. See whether it is up, then run again.

    Before:

    \`\`\`
    socket.write('Subject: ' + subject + '\\r\\n')
    socket.write('To: ' + to + '\\r\\n')
    \`\`\`

    After:

    \`\`\`
    await transport.sendMail({ subject, to })
    \`\`\`

    "
  `)
})

test('a check that is not proven says how many of its variants were not judged', () => {
  expect(toMarkdown(sample)).toContain(
    '- mail-auth/dkim-valid (unproven; 1 of 2 variants not judged): The baseline',
  )
})

test('a summary is below what GitHub takes of a step, whatever a target says', () => {
  // https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
  const most = 1_048_576
  const endless: Report = JSON.parse(JSON.stringify(sample), (key, value) =>
    typeof value === 'string' && !fixed.has(key) ? `${value}${'\u202e::// www.é😀'.repeat(2_000)}` : value,
  )
  const outcomes = Array.from({ length: 200 }, () => endless.outcomes).flat()
  const text = toMarkdown({ ...endless, outcomes })
  expect(Buffer.byteLength(text)).toBeGreaterThan(100_000)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most)
})

const fixed = new Set([
  'verdict',
  'severity',
  'reach',
  'failOn',
  'state',
  'kind',
  'effort',
  'judge',
  'startedAt',
  'finishedAt',
])

test('who may do what is told in numbers, with each cell that is otherwise than the profile says', () => {
  const text = toMarkdown(sample)
  expect(text).toContain('### Who may do what\n\n')
  expect(text).toMatch(
    /\d+ operations × \d+ callers: 2 otherwise than the profile says, 1 tried, and nobody could tell,/,
  )
  expect(text).toContain('| sender | contact.list | deny | accepted |')
})
