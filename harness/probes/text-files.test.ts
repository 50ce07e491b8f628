import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { textFilesIn } from './text-files.ts'

test('texts are read below a folder, and of one file; what is none is told, and what is others\u2019 passed over', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-texts-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(path.join(folder, 'src'))
  await mkdir(path.join(folder, 'node_modules'))
  await writeFile(path.join(folder, 'src', 'a.ts'), 'a')
  await writeFile(path.join(folder, 'logo.png'), Buffer.from([1, 0, 2]))
  await writeFile(path.join(folder, 'node_modules', 'b.js'), 'b')
  const name = path.basename(folder)
  const found = await Array.fromAsync(textFilesIn(folder))
  expect(found.sort((one, other) => one.file.localeCompare(other.file))).toEqual([
    { file: path.join(name, 'logo.png'), text: null },
    { file: path.join(name, 'src', 'a.ts'), text: 'a' },
  ])
  expect(await Array.fromAsync(textFilesIn(path.join(folder, 'src', 'a.ts')))).toEqual([
    { file: 'a.ts', text: 'a' },
  ])
  expect(await Array.fromAsync(textFilesIn(path.join(folder, 'nowhere')))).toEqual([])
})
