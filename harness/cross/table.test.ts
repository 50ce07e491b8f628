import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { faulty, page, pageOf, readExplained, readOwners, readRows } from './files.ts'
import { type CrossRow, crossPage, inOrder, ownersOf, rowOf, unexplained } from './table.ts'

const row = (more: Partial<CrossRow> = {}): CrossRow => ({ digest: 'd', fired: [], silent: {}, ...more })
const owners = ownersOf(
  new Map([
    ['keys/leak', ['logs-bodies', 'shows-keys']],
    ['auth/jwt', ['logs-bodies']],
  ]),
)

test('every pair of the table is own or explained, and no explanation is idle', async () => {
  expect(unexplained(await readRows(), await readOwners(), await readExplained())).toEqual([])
})

test('the table speaks of weaknesses that there are, and the page shows the table', async () => {
  const rows = await readRows()
  const names = faulty.map(({ name }) => name)
  expect(Object.keys(rows).filter((name) => !names.includes(name))).toEqual([])
  expect(await readFile(page, 'utf8')).toBe(await pageOf(rows))
})

test('a row tells who found something, and which of its own checks did not', () => {
  const outcomes = [
    { check: 'keys/leak', verdict: 'unproven' },
    { check: 'keys/scope', verdict: 'fail' },
    { check: 'auth/jwt', verdict: 'fail' },
    { check: 'auth/other', verdict: 'pass' },
  ] as const
  expect(rowOf(outcomes, ['keys/leak', 'auth/jwt', 'tls/elsewhere'], 'd')).toEqual({
    digest: 'd',
    fired: ['auth/jwt', 'keys/scope'],
    silent: { 'keys/leak': 'unproven' },
  })
})

test('what was never run comes first, a suite in turn, then what changed; what stands is left', () => {
  const named = ['a', 'b', 'c'].map((name) => ({ suite: 'keys', name }))
  const others = ['x', 'y'].map((name) => ({ suite: 'auth', name }))
  const rows = { a: row({ digest: 'old' }), x: row() }
  expect(inOrder([...named, ...others], rows, () => 'd').map(({ name }) => name)).toEqual([
    'b',
    'y',
    'c',
    'a',
  ])
})

test('a pair that is not own wants a reason, and a reason wants a pair', () => {
  const rows = { 'logs-bodies': row({ fired: ['auth/jwt', 'keys/scope', 'keys/other'] }) }
  const explained = {
    'logs-bodies': [
      { checks: ['keys/scope'], why: 'The same door.' },
      { checks: ['auth/jwt'], why: 'It is its own.' },
    ],
  }
  expect(unexplained(rows, owners, explained)).toEqual([
    expect.stringMatching(/^keys\/other finds something where logs-bodies alone is on/),
    'suites/cross-explained.json explains auth/jwt on logs-bodies, which is not in the table',
  ])
})

test('the page shows own, explained and unexplained pairs, and what was not run', () => {
  const rows = {
    'logs-bodies': row({
      fired: ['auth/jwt', 'keys/scope', 'keys/other'],
      silent: { 'keys/leak': 'unproven' },
    }),
  }
  const named = [
    { suite: 'keys', name: 'logs-bodies' },
    { suite: 'keys', name: 'shows-keys' },
  ]
  const text = crossPage(named, rows, owners, {
    'logs-bodies': [{ checks: ['keys/scope'], why: 'The same door.' }],
  })
  expect(text).toContain('1 of 2 weaknesses have been run.')
  expect(text).toContain(
    '| `logs-bodies` | auth/jwt | keys/scope: The same door.<br>keys/other: **not explained** | keys/leak (unproven) |',
  )
  expect(text).toContain('## Not run yet\n\nkeys: `shows-keys`.')
})
