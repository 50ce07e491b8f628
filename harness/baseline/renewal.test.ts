import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome } from '../model.ts'
import { baseline } from './baseline.ts'
import { baselineText, readBaseline } from './baseline-file.ts'

const check = 'injection/crlf-subject'
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-renewal-'))
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => rm(folder, { recursive: true }))

/** What is said, and the entries of the file afterwards, each as `until severity reason`. */
async function accept(outcomes: readonly Outcome[], before: string) {
  const [report, out] = [path.join(folder, 'report.json'), path.join(folder, 'b.yaml')]
  await writeFile(report, JSON.stringify({ ...sample, outcomes }))
  await writeFile(out, before)
  const told = vi.spyOn(console, 'log').mockImplementation(() => {})
  await baseline({ report, out, reason: 'anew', owner: 'o', until: '2999-12-31' })
  const entries = await readBaseline(out, [check])
  return {
    said: told.mock.calls.flat().join('\n'),
    entries: entries.map(({ until, severity, reason }) => `${until} ${severity} ${reason}`),
    text: await readFile(out, 'utf8'),
  }
}

const outcomes = (sample.outcomes as readonly Outcome[]).filter((outcome) => outcome.check === check)
const [first] = outcomes[0]?.findings ?? []
if (first === undefined) throw new Error('expected a finding')
const one = outcomes.map((outcome) => ({ ...outcome, findings: [first] }))
const entry = (change: object) => {
  const { operation, variant, severity } = first
  const accepted = { check, operation, variant, severity, reason: 'then', owner: 'o', until: '2998-01-01' }
  return baselineText([{ ...accepted, ...change }])
}

test('what is accepted stays as it is', async () => {
  const { said, entries } = await accept(one, entry({}))
  expect(said).toMatch(/: 0 findings accepted until 2999-12-31, beside 1 that stood there/)
  expect(entries).toEqual([`2998-01-01 ${first.severity} then`])
})

test.each([
  ['its day is over', { until: '2020-01-01' }],
  ['it weighs more now', { severity: 'low' }],
])('a finding that is not accepted any more is accepted anew: %s', async (_, change) => {
  const { said, entries } = await accept(one, entry(change))
  expect(said).toMatch(/: 1 finding accepted until 2999-12-31, beside 0 that stood there/)
  expect(entries).toEqual([`2999-12-31 ${first.severity} anew`])
})

test('the findings of a check that there is no more are told and left out: the file would be refused', async () => {
  const renamed = one.map((outcome) => ({ ...outcome, check: 'injection/crlf-old' }))
  const { said, text } = await accept([...one, ...renamed], baselineText([]))
  expect(said).toMatch(
    /: 1 finding accepted[^\n]*\n! left out: injection\/crlf-old, which is no check of this release/,
  )
  expect(text).not.toContain('crlf-old')
})

test('a file that would not be read again is not written', async () => {
  const many = Array.from({ length: 100 }, (_, at) => ({ ...first, variant: `${at} ${'x'.repeat(50_000)}` }))
  const before = entry({})
  await expect(accept([{ ...outcomes[0], findings: many } as Outcome], before)).rejects.toThrow(
    '--report: expected findings that a file of 4194304 bytes has room for; seen 101',
  )
  expect(await readFile(path.join(folder, 'b.yaml'), 'utf8')).toBe(before)
})
