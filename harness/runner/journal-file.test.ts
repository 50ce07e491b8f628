import { execFileSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
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
  const taken = [other, next, createJournalFile('a target')].map((journal) => journal.takeOver())
  expect(taken).toEqual([0, 2, 0].map((entries) => ({ entries, unread: [] })))
  expect(next.entries().map(({ id, undo, answered }) => [id, undo?.input ?? null, answered])).toEqual([
    ['c', null, true],
    ['a', { id: '1' }, true],
  ])
  // Whoever took it over may be killed as well.
  await kill()
  const last = createJournalFile('a target')
  expect([last.takeOver().entries, await files()]).toEqual([2, [expect.any(String)]])
  for (const entry of last.entries()) last.done(entry)
  last.close()
  expect(await files()).toEqual([])
})

test('what somebody has who is still there is left to him', async () => {
  const running = createJournalFile('a target')
  running.expect(intent('a'))
  const next = createJournalFile('a target')
  expect([next.takeOver().entries, next.others().map(({ pid }) => pid)]).toEqual([0, [process.pid]])
  expect(running.others()).toEqual([])
})

test('a folder that cannot be written: a remedy, before anything is made', () => {
  vi.stubEnv('XDG_STATE_HOME', import.meta.filename)
  expect(() => createJournalFile('a target').open()).toThrow(
    /^expected a folder for the journal .*; seen ENOTDIR for .*; make it writable, or set XDG_STATE_HOME/,
  )
})

test('a folder that cannot be read: a remedy; of a run that makes nothing it is nobody’s matter', () => {
  vi.stubEnv('XDG_STATE_HOME', import.meta.filename)
  const journal = createJournalFile('a target')
  const says =
    /^expected to read what earlier runs have left; seen ENOTDIR for .*; make it readable, or set XDG/
  expect(() => journal.takeOver()).toThrow(says)
  expect(() => journal.others()).toThrow(says)
  expect(journal.unwritten()).toBeNull()
  journal.close()
})

/** What a run that is gone has left, and where. */
async function dead(...ids: readonly string[]): Promise<string> {
  const journal = createJournalFile('a target')
  for (const id of ids) journal.expect(intent(id))
  await kill()
  const [file = ''] = await files()
  return file
}

test('a journal that does not say whose it is is told and kept; an empty one goes once it is old', async () => {
  const file = await dead('a')
  const folder = path.dirname(file)
  const text = await readFile(file, 'utf8')
  for (const broken of [text.slice(1), '\0'.repeat(64), text.replace(/ \d+ /, ' x ')]) {
    await writeFile(file, broken)
    const { entries, unread } = createJournalFile('a target').takeOver()
    expect({ entries, unread }).toEqual({
      entries: 0,
      unread: [
        `left behind, perhaps: what a run has written to ${file}, which cannot be read: its first line does not say whose it is; look at it and remove it`,
      ],
    })
    expect(await readFile(file, 'utf8')).toBe(broken)
  }
  await rm(file)
  await mkdir(file)
  expect(createJournalFile('a target').takeOver().unread).toEqual([
    expect.stringContaining(': it is no file; look'),
  ])
  await rm(file, { recursive: true })

  // A run that has just made it is about to write.
  await writeFile(file, '')
  await writeFile(path.join(folder, 'notes.txt'), 'of somebody else')
  const nothing = { entries: 0, unread: [] }
  expect([createJournalFile('a target').takeOver(), await readdir(folder)]).toEqual([
    nothing,
    [path.basename(file), 'notes.txt'],
  ])
  const old = new Date(Date.now() - 120_000)
  await utimes(file, old, old)
  expect([createJournalFile('a target').takeOver(), await readdir(folder)]).toEqual([nothing, ['notes.txt']])
})

test('damaged lines are told and stay; what can be read is taken over, once', async () => {
  const file = await dead('a', 'b')
  await appendFile(file, '{"expect":null}\n{"expect":{"id":"z"}}\n')
  const next = createJournalFile('a target')
  const unread = [
    expect.stringContaining(`${file}, which cannot be read: 2 of its lines are damaged; look at it`),
  ]
  expect(next.takeOver()).toEqual({ entries: 2, unread })
  expect(next.entries().map(({ id }) => id)).toEqual(['b', 'a'])
  expect(createJournalFile('a target').takeOver()).toEqual({ entries: 0, unread })
})

/** A disk that is full, for whoever writes to the file. */
async function fill(file: string): Promise<void> {
  await rm(file)
  await symlink('/dev/full', file)
}

test('a disk that is full: no further call goes out, what is known is taken back, and what stays is told', async () => {
  const journal = createJournalFile('a target')
  journal.open()
  for (const id of ['a', 'b']) journal.expect(intent(id))
  const [file = ''] = await files()
  expect(journal.unwritten()).toBeNull()
  await fill(file)
  const says = `expected to write what the run makes to its journal; seen ENOSPC for ${file}; make room there, or set XDG_STATE_HOME to another folder`
  expect(() => journal.expect(intent('c'))).toThrow(says)
  journal.answered('a', made('1'))
  for (const entry of journal.entries().filter(({ id }) => id === 'b')) journal.done(entry)
  expect(journal.entries().map(({ id, undo }) => [id, undo?.input])).toEqual([['a', { id: '1' }]])
  expect(journal.unwritten()).toBe(says)
  for (const entry of journal.entries()) journal.done(entry)
  journal.close()
  expect(await readdir(path.join(state, 'postern', 'journals'))).toEqual([])
})

test('a folder that was replaced under way is noticed, also where nothing more had to be written', async () => {
  const journal = createJournalFile('a target')
  journal.expect(intent('a'))
  await rm(path.join(state, 'postern'), { recursive: true })
  await writeFile(path.join(state, 'postern'), '')
  expect(journal.unwritten()).toMatch(/; seen ENOTDIR for /)
  journal.close()
})

test('what cannot be copied is taken over all the same, and stays with its writer until it is gone', async () => {
  const file = await dead('a', 'b')
  const text = await readFile(file, 'utf8')
  const next = createJournalFile('a target')
  next.open()
  const [own = ''] = (await files()).filter((each) => each !== file)
  await fill(own)
  expect(next.takeOver().entries).toBe(2)
  expect([next.entries().map(({ id }) => id), await readFile(file, 'utf8')]).toEqual([['b', 'a'], text])
  for (const entry of next.entries()) next.done(entry)
  next.close()
  expect(await files()).toEqual([])
})
