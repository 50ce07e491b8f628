import { isObject, readJson } from '../json.ts'
import type { Input } from './request.ts'

/** A call that may make something, as it stands in the journal before it goes out. No secret is in it. */
export interface Intent {
  readonly id: string
  readonly operation: string
  /** The principal of the profile that calls; `null` for nobody, and for credentials of a check's own. */
  readonly principal: string | null
  /** What of its input taking it back may need. */
  readonly input: Input
  /** Texts that stand in what it makes and nowhere else. */
  readonly marks: readonly string[]
}

/** The call that takes something back. */
export interface Undo {
  readonly operation: string
  readonly input: Input
}

/** What came of a call: `unknown` may have made something. What holds a secret, or has no end, is not written to disk. */
export type Outcome = { readonly made: Undo; readonly memoryOnly: boolean } | 'nothing' | 'unknown'

/** Something that a run made, or may have made, and must take back. */
export interface Entry extends Intent {
  /** `null` where no answer told what to call. */
  readonly undo: Undo | null
  /** False while the call is on its way. */
  readonly answered: boolean
}

/** A call that took something back by itself; `own`: as the principal who makes that call by the profile. */
export interface Undone extends Undo {
  readonly principal: string | null
  readonly own: boolean
}

/** What the calls of a run make; each resolves once it is written down. */
export interface Journal {
  /** Before the call goes out. */
  expect(intent: Intent): Promise<void> | void
  answered(id: string, outcome: Outcome): Promise<void> | void
  undone(undone: Undone): Promise<void> | void
  /** Something was made that the profile has no way to take back. */
  stays(operation: string): Promise<void> | void
}

export interface KnownJournal extends Journal {
  /** Takes on what another has written down: it is known here also where `write` throws. */
  adopt(entry: Entry): void
  /** What is left of it is what cleaning up has to do, newest first. */
  entries(): readonly Entry[]
  /** How many objects stay, by the operation that made them. */
  staying(): ReadonlyMap<string, number>
}

/**
 * 48 random bits in hex, or more: what a check makes bears such a text, and nothing that was there before does. What is
 * shorter may stand in anybody's objects.
 */
export const mark = /[0-9a-f]{12,}/g

type Line =
  | { readonly expect: Intent }
  | { readonly id: string; readonly made: Undo }
  | { readonly id: string; readonly gone: true }

type Write = (line: string) => void

/**
 * Keeps the journal in memory, and hands each line of it to `write`, which must not return before it is written: a call
 * whose line it refuses does not go out. `note` gets what only says more of such a line.
 */
export function createJournal(write: Write = () => {}, note: Write = write): KnownJournal {
  const entries = new Map<string, Entry>()
  const staying = new Map<string, number>()
  const text = (line: Line) => `${JSON.stringify(line)}\n`

  const gone = (id: string) => {
    if (entries.delete(id)) note(text({ id, gone: true }))
  }
  return {
    adopt(entry) {
      const { undo, answered: _, ...intent } = entry
      entries.set(intent.id, { ...intent, undo, answered: true })
      write(text({ expect: intent }))
      if (undo !== null) write(text({ id: intent.id, made: undo }))
    },
    expect(intent) {
      write(text({ expect: intent }))
      entries.set(intent.id, { ...intent, undo: null, answered: false })
    },
    answered(id, outcome) {
      const entry = entries.get(id)
      if (entry === undefined) return
      if (outcome === 'nothing') return gone(id)
      const known = outcome === 'unknown' ? null : outcome
      entries.set(id, { ...entry, undo: known?.made ?? null, answered: true })
      if (known?.memoryOnly === false) note(text({ id, made: known.made }))
    },
    undone({ principal, own, ...undone }) {
      const key = keyOf(undone)
      // Some targets say yes to whoever asks, and do nothing.
      for (const entry of [...entries.values()])
        if (entry.undo !== null && keyOf(entry.undo) === key && (own || isMaker(entry, principal)))
          gone(entry.id)
    },
    stays: (operation) => void staying.set(operation, (staying.get(operation) ?? 0) + 1),
    entries: () => [...entries.values()].reverse(),
    staying: () => staying,
  }
}

/** What is left of a journal that was written down, newest first; the process that wrote it is gone. */
export function readEntries(text: string): Entry[] {
  const journal = createJournal()
  for (const line of text.split('\n').map(readLine)) {
    if (line === null) continue
    if ('expect' in line) journal.expect(line.expect)
    else journal.answered(line.id, 'made' in line ? { made: line.made, memoryOnly: false } : 'nothing')
  }
  return journal.entries().map((entry) => ({ ...entry, answered: true }))
}

/** Lines that say nothing to us; not the last one where its writer was killed over it, since that call did not go out. */
export function damagedLines(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '' && readLine(line) === null)
}

/** `null` for what is no line of ours: files outlive programs, and disks fail. */
function readLine(text: string): Line | null {
  const line = readJson(text)
  if (!isObject(line)) return null
  const { expect, id, made, gone } = line
  if (isIntent(expect)) return { expect }
  if (typeof id !== 'string') return null
  if (gone === true) return { id, gone }
  return isUndo(made) ? { id, made } : null
}

function isIntent(value: unknown): value is Intent {
  if (!isObject(value) || !isUndo(value)) return false
  const { id, principal, marks } = value as Record<string, unknown>
  if (typeof id !== 'string' || (principal !== null && typeof principal !== 'string')) return false
  return Array.isArray(marks) && marks.every(isMark)
}

function isUndo(value: unknown): value is Undo {
  return isObject(value) && typeof value['operation'] === 'string' && isObject(value['input'])
}

function isMark(value: unknown): boolean {
  return typeof value === 'string' && value.match(mark)?.[0] === value
}

function isMaker(entry: Entry, principal: string | null): boolean {
  return principal !== null && entry.principal === principal
}

function keyOf({ operation, input }: Undo): string {
  return JSON.stringify([operation, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))])
}
