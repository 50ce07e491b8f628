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
  /** What is left of it is what cleaning up has to do, newest first. */
  entries(): readonly Entry[]
  /** How many objects stay, by the operation that made them. */
  staying(): ReadonlyMap<string, number>
}

type Line =
  | { readonly expect: Intent }
  | { readonly id: string; readonly made: Undo }
  | { readonly id: string; readonly gone: true }

/** Keeps the journal in memory, and hands each line of it to `write`, which must not return before it is written. */
export function createJournal(write: (line: string) => void = () => {}): KnownJournal {
  const entries = new Map<string, Entry>()
  const staying = new Map<string, number>()
  const append = (line: Line) => write(`${JSON.stringify(line)}\n`)

  const gone = (id: string) => {
    if (entries.delete(id)) append({ id, gone: true })
  }
  return {
    expect(intent) {
      append({ expect: intent })
      entries.set(intent.id, { ...intent, undo: null, answered: false })
    },
    answered(id, outcome) {
      const entry = entries.get(id)
      if (entry === undefined) return
      if (outcome === 'nothing') return gone(id)
      const known = outcome === 'unknown' ? null : outcome
      if (known?.memoryOnly === false) append({ id, made: known.made })
      entries.set(id, { ...entry, undo: known?.made ?? null, answered: true })
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

/** `null` for the owner's line, and for the last one where its writer was killed over it: that call did not go out. */
function readLine(text: string): Line | null {
  try {
    const line = JSON.parse(text) as Line
    return 'expect' in line || 'id' in line ? line : null
  } catch {
    return null
  }
}

function isMaker(entry: Entry, principal: string | null): boolean {
  return principal !== null && entry.principal === principal
}

function keyOf({ operation, input }: Undo): string {
  return JSON.stringify([operation, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))])
}
