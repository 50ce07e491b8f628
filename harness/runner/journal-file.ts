import { createHash, randomUUID } from 'node:crypto'
import {
  accessSync,
  appendFileSync,
  constants,
  lstatSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  type Stats,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { createJournal, damagedLines, type Entry, type KnownJournal, readEntries } from '../api/journal.ts'
import { isGone, type Owner, ownerText, readOwner, thisProcess } from '../drivers/owner.ts'
import { makeFolder } from '../make-folder.ts'
import { Unavailable, UsageError } from '../obstacles.ts'

/** A journal that outlives its process: lines of JSON in a file of the run's own, which this user alone reads. */
export interface JournalFile extends KnownJournal {
  /** Throws UsageError where nothing can be written down. Nothing is written before, unless something is made. */
  open(): void
  /** Takes over what processes that are gone have left. Throws UsageError where the folder cannot be read. */
  takeOver(): TakenOver
  /** Who else has made something there, is not gone, and takes it back himself. Throws as `takeOver` does. */
  others(): readonly Owner[]
  /** Nothing is left of the entry. */
  done(entry: Entry): void
  /** Why the file may not tell of all that is left, as a sentence; `null` where it does. */
  unwritten(): string | null
  /** The file goes, unless something stays in it. Nothing more is made. */
  close(): void
}

export interface TakenOver {
  readonly entries: number
  /** Sentences about journals that cannot be read, or not whole. */
  readonly unread: readonly string[]
}

/** The journal of this process for a target, which `key` tells from others. */
export function createJournalFile(key: string): JournalFile {
  const group = createHash('sha256').update(key).digest('hex').slice(0, 16)
  const folder = path.join(stateFolder(), 'journals', group)
  const file = path.join(folder, `${randomUUID()}.jsonl`)
  let state: 'new' | 'open' | 'closed' = 'new'
  /** Bytes of whole lines. */
  let size = 0
  let refused: string | null = null
  /** Journals of others whose entries could not be copied: they go when nothing is left. */
  const kept: Read[] = []

  const unwritable = (code: string) =>
    `expected to write what the run makes to its journal; seen ${code} for ${file}; make room there, or set XDG_STATE_HOME to another folder`
  const write = (text: string) => {
    try {
      appendFileSync(file, text, { mode: 0o600 })
      size += Buffer.byteLength(text)
    } catch (error) {
      // On a full disk a part of it may stand there, and what comes next would be read with it.
      attempt(() => truncateSync(file, size))
      throw error
    }
  }
  const open = () => {
    if (state === 'closed') throw new Error('the run is over')
    if (state === 'open') return
    makeFolder(folder, 0o700)
    // Whose it is comes first: what is not gone is left to itself.
    write(`${JSON.stringify({ owner: ownerText(thisProcess()) })}\n`)
    state = 'open'
  }
  // A process that is killed takes nothing with it of what was written: no fsync.
  const append = (line: string) => {
    try {
      open()
      write(line)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      refused = code
      throw new Unavailable(unwritable(code))
    }
  }
  // What is done is done, and known here: nobody stops over it.
  const journal = createJournal(append, (line) => void attempt(() => append(line)))
  return {
    ...journal,
    open() {
      try {
        open()
      } catch (error) {
        throw new UsageError(
          `expected a folder for the journal of what a run makes; seen ${codeOf(error)} for ${folder}; make it writable, or set XDG_STATE_HOME to another`,
        )
      }
    },
    takeOver() {
      const { journals, unread } = journalsIn(folder, file)
      const left = journals.filter(({ owner }) => isGone(owner))
      for (const each of left) {
        const copied = each.entries.toReversed().map((entry) => attempt(() => journal.adopt(entry)))
        if (!copied.every((done) => done) || !attempt(() => remove(each))) kept.push(each)
      }
      return {
        entries: left.reduce((sum, { entries }) => sum + entries.length, 0),
        unread: [...unread, ...left.flatMap(damageOf)],
      }
    },
    others: () =>
      journalsIn(folder, file)
        .journals.filter(({ owner, entries }) => entries.length > 0 && !isGone(owner))
        .map(({ owner }) => owner),
    done: ({ id }) => journal.answered(id, 'nothing'),
    unwritten() {
      if (state === 'open' && refused === null)
        try {
          accessSync(file, constants.W_OK)
        } catch (error) {
          refused = codeOf(error)
        }
      return refused === null ? null : unwritable(refused)
    },
    close() {
      const wasOpen = state === 'open'
      state = 'closed'
      if (journal.entries().length > 0) return
      // What cannot be removed tells the next run of what is gone: it looks, and finds nothing.
      for (const each of kept) attempt(() => remove(each))
      attempt(() => rmSync(file, { force: true }))
      // The journal of another run may be in it.
      if (wasOpen) attempt(() => rmdirSync(folder))
    },
  }
}

interface Read {
  /** Absolute path. */
  readonly name: string
  readonly owner: Owner
  readonly entries: readonly Entry[]
  /** Lines that say nothing to us. */
  readonly damaged: readonly string[]
}

/** All but our own. */
function journalsIn(folder: string, own: string): { readonly journals: Read[]; readonly unread: string[] } {
  const journals: Read[] = []
  const unread: string[] = []
  for (const entry of namesIn(folder)) {
    const name = path.join(folder, entry)
    if (name === own) continue
    const journal = readJournal(name)
    if (typeof journal === 'string') unread.push(unreadable(name, journal))
    else if (journal !== null) journals.push(journal)
  }
  return { journals, unread }
}

function namesIn(folder: string): string[] {
  try {
    return (unlessGone(() => readdirSync(folder)) ?? []).filter((name) => name.endsWith('.jsonl')).sort()
  } catch (error) {
    throw new UsageError(
      `expected to read what earlier runs have left; seen ${codeOf(error)} for ${folder}; make it readable, or set XDG_STATE_HOME to another`,
    )
  }
}

/** A sentence says why it cannot be read; `null` where nothing stands in it. */
function readJournal(name: string): Read | string | null {
  try {
    const stats = unlessGone(() => lstatSync(name))
    // A device may have no end.
    if (stats?.isFile() === false) return 'it is no file'
    const text = unlessGone(() => readFileSync(name, 'utf8'))
    if (stats === null || text === null) return null
    if (text === '') return removeEmpty(name, stats)
    const [first = '', line = ''] = /^\{"owner":"([^"]*)"\}\n/.exec(text) ?? []
    const owner = readOwner(line)
    if (owner === null) return 'its first line does not say whose it is'
    const lines = text.slice(first.length)
    return { name, owner, entries: readEntries(lines), damaged: damagedLines(lines) }
  } catch (error) {
    return codeOf(error)
  }
}

/** A run that has just made it is about to write whose it is: milliseconds. */
const beginning = 60_000

function removeEmpty(name: string, { mtimeMs }: Stats): null {
  if (Date.now() - mtimeMs > beginning) attempt(() => rmSync(name, { force: true }))
  return null
}

/** What we do not understand stays for who does. */
function remove({ name, owner, damaged }: Read): void {
  const lines = [JSON.stringify({ owner: ownerText(owner) }), ...damaged]
  if (damaged.length === 0) rmSync(name, { force: true })
  else writeFileSync(name, lines.map((line) => `${line}\n`).join(''))
}

function damageOf({ name, damaged }: Read): string[] {
  const lines = `${damaged.length} of its lines ${damaged.length === 1 ? 'is' : 'are'} damaged`
  return damaged.length === 0 ? [] : [unreadable(name, lines)]
}

function unreadable(name: string, why: string): string {
  return `left behind, perhaps: what a run has written to ${name}, which cannot be read: ${why}; look at it and remove it`
}

/** Whether nothing was thrown. */
function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

/** Another run may be at it, too. */
function unlessGone<Result>(read: () => Result): Result | null {
  try {
    return read()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

/** Where programs keep what outlives them and is nobody's document (XDG Base Directory Specification, and its likes). */
function stateFolder(): string {
  const { XDG_STATE_HOME: state = '', LOCALAPPDATA: local = '' } = process.env
  if (path.isAbsolute(state)) return path.join(state, 'postern')
  if (process.platform === 'win32' && path.isAbsolute(local)) return path.join(local, 'postern')
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support', 'postern')
  return path.join(homedir(), '.local', 'state', 'postern')
}
