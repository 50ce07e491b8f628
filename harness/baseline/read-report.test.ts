import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome } from '../model.ts'
import { readReport } from './read-report.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-reports-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(content: object | string) {
  const file = path.join(folder, 'report.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readReport(file, '--previous')
}

const before = {
  ...sample,
  schemaVersion: '2.1',
  outcomes: sample.outcomes.map(({ basis: _, ...outcome }: Outcome) => outcome),
}

test('what is no file is not waited for: a device or a pipe may have no end', async () => {
  await expect(readReport('/dev/zero', '--previous')).rejects.toThrow('seen /dev/zero (it is no file)')
})

test('a report of this version is read, and so is one that was written before', async () => {
  expect(await read(sample)).toEqual(sample)
  expect(await read(before)).toEqual(before)
})

test.each<[string, object | string, string]>([
  [
    'of a version to come',
    { ...sample, schemaVersion: '3.0' },
    '--previous: expected a report of version 2.1 or 2.2 or 2.3; seen version 3.0 in',
  ],
  ['of another program', { version: 1 }, 'which another program wrote; name one that a run has written'],
  [
    'that was cut short',
    JSON.stringify(sample).slice(0, 5000),
    'which is no whole JSON; it may have been cut short',
  ],
  [
    'in which a basis is none',
    { ...sample, outcomes: [{ ...sample.outcomes[0], basis: { guards: 1 } }] },
    'where /outcomes/0/basis must have required property',
  ],
])('a report %s is refused with what to do', async (_name, content, message) => {
  await expect(read(content)).rejects.toThrow(message)
})
