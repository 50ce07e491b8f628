import { createHash, randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { createJournal, type Entry, type KnownJournal, readEntries } from '../api/journal.ts'
import { isGone, type Owner, ownerText, readOwner, thisProcess } from '../drivers/owner.ts'
import { UsageError } from '../obstacles.ts'

/** A journal that outlives its process: lines of JSON in a file of the run's own, which this user alone reads. */
export interface JournalFile extends KnownJournal {
  /** Throws UsageError where nothing can be written down. Nothing is written before, unless something is made. */
  open(): void
  /** Takes over what processes that are gone have left, however many entries that are. */
  takeOver(): number
  /** Who else has made something there, is not gone, and takes it back himself. */
  others(): readonly Owner[]
  /** Nothing is left of the entry. */
  done(entry: Entry): void
  /** The file goes, unless something stays in it. Nothing more is made. */
  close(): void
}

/** The journal of this process for a target, which `key` tells from others. */
export function createJournalFile(key: string): JournalFile {
  const group = createHash('sha256').update(key).digest('hex').slice(0, 16)
  const folder = path.join(stateFolder(), 'journals', group)
  const file = path.join(folder, `${randomUUID()}.jsonl`)
  let state: 'new' | 'open' | 'closed' = 'new'

  const open = () => {
    if (state === 'closed') throw new Error('the run is over')
    if (state === 'open') return
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Whose it is comes first: what is not gone is left to itself.
    appendFileSync(file, `${JSON.stringify({ owner: ownerText(thisProcess()) })}\n`, { mode: 0o600 })
    state = 'open'
  }
  // A process that is killed takes nothing with it of what was written: no fsync.
  const journal = createJournal((line) => {
    open()
    appendFileSync(file, line)
  })
  return {
    ...journal,
    open() {
      try {
        open()
      } catch (error) {
        throw new UsageError(
          `expected a folder for the journal of what a run makes; seen ${(error as NodeJS.ErrnoException).code} for ${folder}; make it writable, or set XDG_STATE_HOME to another`,
        )
      }
    },
    takeOver() {
      const left = journalsIn(folder).filter(({ owner }) => isGone(owner))
      for (const { name, entries } of left) {
        for (const { undo, answered: _, ...intent } of [...entries].reverse()) {
          journal.expect(intent)
          journal.answered(intent.id, undo === null ? 'unknown' : { made: undo, memoryOnly: false })
        }
        rmSync(name, { force: true })
      }
      return left.reduce((sum, { entries }) => sum + entries.length, 0)
    },
    others: () =>
      journalsIn(folder)
        .filter(({ name, owner, entries }) => name !== file && entries.length > 0 && !isGone(owner))
        .map(({ owner }) => owner),
    done: ({ id }) => journal.answered(id, 'nothing'),
    close() {
      const wasOpen = state === 'open'
      state = 'closed'
      if (!wasOpen || journal.entries().length > 0) return
      rmSync(file, { force: true })
      try {
        rmdirSync(folder)
      } catch {
        // The journal of another run is in it.
      }
    },
  }
}

interface Read {
  /** Absolute path. */
  readonly name: string
  readonly owner: Owner
  readonly entries: readonly Entry[]
}

function journalsIn(folder: string): Read[] {
  const names = unlessGone(() => readdirSync(folder)) ?? []
  return names.flatMap((entry) => {
    const name = path.join(folder, entry)
    const text = unlessGone(() => readFileSync(name, 'utf8')) ?? ''
    const [, line = ''] = /^\{"owner":"([^"]*)"\}\n/.exec(text) ?? []
    const owner = readOwner(line)
    return owner === null ? [] : [{ name, owner, entries: readEntries(text) }]
  })
}

/** Another run may be at it, too. */
function unlessGone<Result>(read: () => Result): Result | null {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Where programs keep what outlives them and is nobody's document (XDG Base Directory Specification, and its likes). */
function stateFolder(): string {
  const { XDG_STATE_HOME: state = '', LOCALAPPDATA: local = '' } = process.env
  if (path.isAbsolute(state)) return path.join(state, 'postern')
  if (process.platform === 'win32' && path.isAbsolute(local)) return path.join(local, 'postern')
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support', 'postern')
  return path.join(homedir(), '.local', 'state', 'postern')
}
