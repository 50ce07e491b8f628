import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome, Report } from '../model.ts'
import { createPublisher } from './publisher.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-publisher-'))
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const { exitCode: _, leftovers, ...run } = sample
const outcomes = (sample.outcomes as readonly Outcome[]).filter(({ verdict }) => verdict === 'pass')
const findings = { ...run, outcomes }
const report = async () => JSON.parse(await readFile(path.join(folder, 'report.json'), 'utf8')) as Report
const printed = (name: 'log' | 'error') => vi.mocked(console[name]).mock.calls.join('\n')

test('the report is there before the run cleans up, and then says what stays', async () => {
  const publisher = createPublisher(folder)
  await publisher.found(findings)
  expect(await report()).toMatchObject({ leftovers: null, exitCode: 0 })
  await publisher.left(leftovers)
  expect(await report()).toMatchObject({ leftovers, exitCode: 0 })
  expect(printed('log').match(/3 passed/g)).toHaveLength(1)
  expect(printed('error')).toContain(
    '2 objects of the run stay at the target.\nleft behind: 2 objects of key',
  )
})

test('what a run has left that may be known from its report alone changes the exit code there, too', async () => {
  const publisher = createPublisher(folder)
  await publisher.found(findings)
  await publisher.left({ ...leftovers, lost: true })
  expect([publisher.exitCode, (await report()).exitCode]).toEqual([2, 2])
})

test('a summary for a CI is added once, with what stays', async () => {
  const summary = path.join(folder, 'summary.md')
  vi.stubEnv('GITHUB_STEP_SUMMARY', summary)
  const publisher = createPublisher(folder)
  await publisher.found(findings)
  await publisher.left(leftovers)
  await publisher.summarise()
  const text = await readFile(summary, 'utf8')
  expect(text.match(/^## Postern: /gm)).toHaveLength(1)
  expect(text).toContain('2 objects of the run stay at the target.')
})

test('a run whose reports could not be written tells what stays all the same, and is not relied on', async () => {
  const publisher = createPublisher(path.join(folder, '\0'))
  await expect(publisher.found(findings)).rejects.toThrow(/^--out: expected to write the reports to/)
  await publisher.left(leftovers)
  await publisher.summarise()
  expect(publisher.exitCode).toBe(2)
  expect(printed('error')).toContain('left behind: 2 objects of key.create')
})
