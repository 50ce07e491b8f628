import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Intent } from '../api/journal.ts'
import { ownerText, thisProcess } from '../drivers/owner.ts'
import { createJournalFile } from './journal-file.ts'

let state = ''
beforeEach(async () => {
  state = await mkdtemp(path.join(tmpdir(), 'postern-state-'))
  vi.stubEnv('XDG_STATE_HOME', state)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(state, { recursive: true })
})

const intent = (id: string): Intent => ({
  ...{ id, operation: 'key.create', principal: 'admin' },
  ...{ input: { name: id }, marks: [] },
})
const made = (id: string) =>
  ({ made: { operation: 'key.revoke', input: { id } }, memoryOnly: false }) as const

async function files(): Promise<string[]> {
  const all = await readdir(state, { recursive: true, withFileTypes: true })
  return all.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}

/** Has the journals look as if their writers were gone. */
async function kill(): Promise<void> {
  const pid = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))
  for (const file of await files()) {
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace(ownerText(thisProcess()), ownerText({ ...thisProcess(), pid })))
  }
}

test('a journal is a file that its user alone reads, and goes when nothing is left in it', async () => {
  const journal = createJournalFile('a target')
  expect(await files()).toEqual([])
  journal.open()
  journal.expect(intent('a'))
  const [file = ''] = await files()
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toContain('key.create')
  journal.answered('a', 'nothing')
  journal.close()
  expect(await readdir(path.join(state, 'postern', 'journals'))).toEqual([])
  expect(() => journal.expect(intent('b'))).toThrow('the run is over')
})

test('what a process that is gone has left is taken over, once, and for its own target', async () => {
  const dead = createJournalFile('a target')
  for (const id of ['a', 'b', 'c']) dead.expect(intent(id))
  dead.answered('a', made('1'))
  dead.answered('b', 'nothing')
  await kill()
  const [other, next] = [createJournalFile('another target'), createJournalFile('a target')]
  expect([other.takeOver(), next.takeOver(), createJournalFile('a target').takeOver()]).toEqual([0, 2, 0])
  expect(next.entries().map(({ id, undo, answered }) => [id, undo?.input ?? null, answered])).toEqual([
    ['c', null, true],
    ['a', { id: '1' }, true],
  ])
  // Whoever took it over may be killed as well.
  await kill()
  const last = createJournalFile('a target')
  expect([last.takeOver(), await files()]).toEqual([2, [expect.any(String)]])
  for (const entry of last.entries()) last.done(entry)
  last.close()
  expect(await files()).toEqual([])
})

test('what somebody has who is still there is left to him', async () => {
  const running = createJournalFile('a target')
  running.expect(intent('a'))
  const next = createJournalFile('a target')
  expect([next.takeOver(), next.others().map(({ pid }) => pid)]).toEqual([0, [process.pid]])
  expect(running.others()).toEqual([])
})

test('a folder that cannot be written: a remedy, before anything is made', () => {
  vi.stubEnv('XDG_STATE_HOME', import.meta.filename)
  expect(() => createJournalFile('a target').open()).toThrow(
    /^expected a folder for the journal .*; seen ENOTDIR for .*; make it writable, or set XDG_STATE_HOME/,
  )
})
