import { expect, test } from 'vitest'
import { pageOf, rowOf } from './page.ts'
import type { Seen } from './staged.ts'
import { short, trials } from './trials.ts'

const seen: Seen = {
  verdicts: { 'a/one': 'fail', 'a/two': 'unproven', 'a/other': 'held-back' },
  reasons: {},
  ...{ exitCode: 1, signal: null, hung: false, seconds: 5, megabytes: 300, struck: 9 },
  ...{ left: 0, leftAfterClean: 0, secrets: [], controls: [], behind: [], said: '' },
}

test('a line tells the outcome in classes, so that it is the same next time', () => {
  const { cells } = rowOf('attacks', 'a gzip bomb', seen)
  expect(cells).toEqual(['found in part, else unproven', '1', '< 1 min', '≤ 400 MB'])
  expect(rowOf('attacks', 'a gzip bomb', { ...seen, seconds: 9, megabytes: 320 }).cells).toEqual(cells)
})

test('more memory than the bench allows is told as a number', () => {
  expect(rowOf('attacks', 'a gzip bomb', { ...seen, megabytes: 601 }).cells).toContain('> 600 MB')
  expect(rowOf('attacks', 'a gzip bomb', { ...seen, megabytes: 600 }).cells).toContain('≤ 600 MB')
})

test('lines that were not tried again are kept, those of faults that are no more go', () => {
  const before = pageOf(
    [rowOf('attacks', 'broken gzip', seen)],
    '| attacks: no such fault | found | 1 | < 1 min | ≤ 400 MB |',
  )
  const page = pageOf([rowOf('attacks', 'a gzip bomb', seen)], before)
  expect(page).toMatch(/^\| attacks: a gzip bomb \| .*\n\| attacks: broken gzip \| /m)
  expect(page).not.toContain('no such fault')
})

test('every fault has a name of its own, and what the short form tries is among them', () => {
  const names = trials.map(({ group, name }) => `${group}: ${name}`)
  expect(new Set(names).size).toBe(names.length)
  expect([...short].filter((name) => !names.includes(name))).toEqual([])
})
