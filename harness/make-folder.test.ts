import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

const place = mkdtempSync(path.join(tmpdir(), 'postern-folder-'))
afterAll(() => rmSync(place, { recursive: true }))

test('what is missing above is made, and what is there stays', () => {
  const folder = path.join(place, 'a', 'b', 'c')
  makeFolder(folder, 0o700)
  makeFolder(folder)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  mkdirSync(path.join(folder, 'd'))
})

test('a file, or a link that leads nowhere, in the way is said', () => {
  const file = path.join(place, 'file')
  writeFileSync(file, '')
  expect(() => makeFolder(file)).toThrow(/EEXIST/)
  expect(() => makeFolder(path.join(file, 'x'))).toThrow(/ENOTDIR/)
  const link = path.join(place, 'link')
  symlinkSync(path.join(place, 'nowhere'), link)
  expect(() => makeFolder(link)).toThrow(/EEXIST/)
})

test.runIf(process.platform === 'linux')('below /proc nothing can be made, and it is said at once', () => {
  expect(() => makeFolder('/proc/postern/reports')).toThrow(/ENOENT/)
})
