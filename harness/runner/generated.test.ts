import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { root } from '../tree.ts'
import { collectChecks, type Listed } from './checks.ts'
import { type Generated, generatedFiles } from './generated.ts'
import { readProofs } from './proofs.ts'
import { readReasons } from './unfelled.ts'

let made: Promise<Generated & { readonly checks: readonly Listed[] }> | null = null

/** What should stand there; made once. */
function generated() {
  made ??= (async () => {
    const checks = await collectChecks()
    return { checks, ...(await generatedFiles(checks, await readProofs(), await readReasons())) }
  })()
  return made
}

test('each check has a page that says what it tries, what decides, and what guards it; no page is of none', async () => {
  expect((await generated()).problems).toEqual([])
})

test('what is generated from the checks, their pages and their proofs is what stands there', async () => {
  const stale: string[] = []
  for (const [file, text] of (await generated()).files)
    if ((await readFile(`${root}${file}`, 'utf8').catch(() => '')) !== text) stale.push(file)
  expect(stale, 'run `npm run generate` and commit these').toEqual([])
})

test('a check without a page, and a page without a check, are told by name', async () => {
  const [first, ...others] = (await generated()).checks
  if (first === undefined) throw new Error('expected a check')
  const renamed = { ...first, id: 'access/renamed' }
  const { problems } = await generatedFiles([renamed, ...others], new Map(), await readReasons())
  expect(problems).toEqual([
    `suites/${first.id}.md is the page of ${first.id}, and there is no such check: delete it`,
    expect.stringMatching(/^suites\/access\/renamed\.md: expected the sections .* seen no such file/),
  ])
})

test('the index names every check under its suite and its practice, and what is still to be built', async () => {
  const { checks, files } = await generated()
  const index = files.get('suites/README.md') ?? ''
  const [, bySuite = '', byPractice = '', byControl = ''] = index.split(/^## By (?:suite|practice|control)$/m)
  for (const { id } of checks) {
    expect(bySuite).toContain(`[${id}](${id}.md)`)
    expect(byPractice).toContain(`[${id}](${id}.md)`)
  }
  expect(byPractice).toMatch(/\| P02 \| .* \| \d+ of \d+ \| .*`at-rest\/credential-hash`/)
  expect(byControl).toContain('### PCI DSS 4.0.1')
  // Every link leads to a page, or within the page.
  const linked = [...index.matchAll(/\]\(([^#)]+)\)/g)].map(([, to]) => `suites/${to}`)
  expect(linked.filter((to) => !files.has(to))).toEqual([])
  const anchors = [...index.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
  const within = [...index.matchAll(/\]\(#([^)]+)\)/g)].map(([, to]) => to ?? '')
  expect(within.filter((to) => !anchors.includes(to))).toEqual([])
})

test('a page has every variant, every weakness and every reference of its check', async () => {
  const page = (await generated()).files.get('suites/access/bola-read.md') ?? ''
  expect(page).toMatch(/^\| `looks-up-by-id-alone` \| \d+ of \d+ \|$/m)
  expect(page).toContain('- `contact.get`')
  expect(page).toContain('[CWE-639](https://cwe.mitre.org/data/definitions/639.html)')
  expect(page).toContain('Effort: medium, some days.')
})
