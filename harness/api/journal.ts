/** Something that a run made and must take back. */
export interface Created {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** Who takes it back; `null` is the operation's own principal. */
  readonly principal: string | null
}

export interface Journal {
  record(entry: Created): Promise<void> | void
  /** A check took it back itself. */
  forget(entry: Pick<Created, 'operation' | 'input'>): Promise<void> | void
}

/** A journal in memory: what is left of it is what cleaning up has to do, newest first. */
export function createJournal(): Journal & { entries(): readonly Created[] } {
  const entries = new Map<string, Created>()
  const key = ({ operation, input }: Pick<Created, 'operation' | 'input'>) =>
    JSON.stringify([operation, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))])
  return {
    record: (entry) => void entries.set(key(entry), entry),
    forget: (entry) => void entries.delete(key(entry)),
    entries: () => [...entries.values()].reverse(),
  }
}
