import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sample } from './sample.testing.ts'
import { write } from './write.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-reports-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('writes the documents whole, over older ones, into a folder that it makes', async () => {
  const out = join(folder, 'a', 'b')
  await write({ ...sample, seed: 1 }, out)
  const { files, summary } = await write({ ...sample, seed: 2 }, out)
  const names = ['junit.xml', 'report.html', 'report.json', 'report.sarif']
  expect((await readdir(out)).toSorted()).toEqual(names)
  expect(files.toSorted()).toEqual(names.map((name) => join(out, name)))
  expect(JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))).toMatchObject({ seed: 2 })
  expect(summary).toContain('seed 2')
})

test('leaves no half a file where writing fails', async () => {
  const out = join(folder, 'out')
  await write(sample, out)
  await rm(join(out, 'report.json'))
  await mkdir(join(out, 'report.json'))
  await writeFile(join(out, 'report.json', 'kept'), '')
  await expect(write(sample, out)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect((await readdir(out)).filter((name) => name.endsWith('.part'))).toEqual([])
})
