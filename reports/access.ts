import type { Access, Cell, Expectation, Finding, Outcome, Report } from '../harness/model.ts'

/** How what was seen stands to what the profile says. */
const standings = ['wrong', 'unproven', 'as said', 'untried', 'unsaid'] as const
export type Standing = (typeof standings)[number]

export const standingWords: Readonly<Record<Standing, string>> = {
  wrong: 'otherwise than the profile says',
  unproven: 'tried, and nobody could tell',
  'as said': 'as the profile says',
  untried: 'not tried',
  unsaid: 'not said',
}

/** What the profile says, in the words of a matrix. */
export const expectationWords: Readonly<Record<Expectation, string>> = {
  allowed: 'allow',
  refused: 'deny',
  own: 'own only',
  unsaid: 'not said',
}

/** Whether one caller was let do one operation, by all checks that looked at it. */
export interface GridCell extends Cell {
  readonly permission: Expectation
  readonly standing: Standing
  /** `accepted`, `refused`, `unproven`, `not tried`, or what of it was which. */
  readonly seen: string
  /** Who found it wrong, and by what, where one of the findings is of it; `null` where nobody has. */
  readonly by: { readonly outcome: Outcome; readonly finding: Finding | null } | null
}

export interface Grid {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  at(column: Column, row: Row): GridCell | undefined
  /** All of them, the wrong ones first. */
  readonly cells: readonly GridCell[]
  /** What is left out. */
  readonly more: { readonly columns: number; readonly rows: number }
}

export type Column = Pick<Cell, 'principal'>
/** An operation, by which way and in the name of which sender domain. */
export type Row = Omit<Cell, 'principal'>

const mostColumns = 16
const mostRows = 250
/** Of what is left out, what is counted. */
const mostLeftOut = 1000

/** Callers × operations, their ways and sender domains, by the checks of who may do what; `null` where none was judged. */
export function gridOf({ outcomes }: Pick<Report, 'outcomes'>): Grid | null {
  const columns = new Known<Column>(mostColumns, columnKey)
  const rows = new Known<Row>(mostRows, rowKey)
  const cells = new Map<string, GridCell>()
  const add = (cell: GridCell) => {
    const isIn = [columns.take(cell), rows.take(cell)]
    if (!isIn.every(Boolean)) return
    const key = cellKey(cell, cell)
    cells.set(key, merged(cells.get(key), cell))
  }
  for (const outcome of outcomes)
    for (const access of outcome.basis?.access ?? []) add(cellOf(access, outcome))
  if (cells.size === 0) return null
  for (const outcome of outcomes)
    for (const { permission, ...cell } of outcome.basis?.untried ?? [])
      add({
        ...{ ...cell, permission, seen: 'not tried', by: null },
        standing: permission === 'unsaid' ? 'unsaid' : 'untried',
      })
  const sorted = [...cells.values()].sort((a, b) => rank(a) - rank(b))
  return {
    columns: columns.all.sort(byText((column) => `${isMadeByChecks(column) ? 1 : 0} ${column.principal}`)),
    rows: rows.all.sort(
      byText(({ operation, channel = '', domain = '' }) => `${operation} ${channel} ${domain}`),
    ),
    at: (column, row) => cells.get(cellKey(column, row)),
    cells: sorted,
    more: { columns: columns.left, rows: rows.left },
  }
}

/** How many cells there are of each standing, of those that there are. */
export function countsOf({ cells }: Grid): { readonly standing: Standing; readonly count: number }[] {
  return standings
    .map((standing) => ({ standing, count: cells.filter((cell) => cell.standing === standing).length }))
    .filter(({ count }) => count > 0)
}

/** The profile calls its callers by one word; one that a check has made for its own attacks is named by several. */
export function isMadeByChecks({ principal }: Column): boolean {
  return principal.startsWith('a ')
}

/** What it is called at the head of its column. */
export function columnText(column: Column): string {
  const { principal } = column
  return isMadeByChecks(column) ? `made by a check: ${principal.replace(/ of the check$/, '')}` : principal
}

export function rowText({ operation, channel = 'HTTP', domain }: Row): string {
  const way = channel === 'HTTP' ? operation : `${operation} by ${channel}`
  return domain === undefined ? way : `${way} from ${domain}`
}

function cellOf({ permission, state, seen, ...cell }: Access, outcome: Outcome): GridCell {
  const expected = permission === 'allowed' ? 'accepted' : 'refused'
  const other = permission === 'allowed' ? 'refused' : 'accepted'
  const standing = state === 'held' ? 'as said' : state === 'violated' ? 'wrong' : 'unproven'
  return {
    ...{ ...cell, permission, standing },
    seen: seen ?? (state === 'held' ? expected : state === 'violated' ? other : 'unproven'),
    by:
      state === 'violated' && outcome.findings.length > 0
        ? { outcome, finding: findingOf(cell, outcome) }
        : null,
  }
}

/** The one that names the caller; else one of the operation. */
function findingOf({ principal, operation }: Cell, { findings }: Outcome): Finding | null {
  const of = findings.filter((finding) => finding.operation === operation)
  const named = of.find(({ variant }) => variant?.split(/[\s,()]+/).includes(principal))
  return named ?? of[0] ?? null
}

/** Of several verdicts on the same cell the worst is shown, and what was tried before what was not. */
function merged(before: GridCell | undefined, cell: GridCell): GridCell {
  if (before === undefined) return cell
  if (rank(before) !== rank(cell)) return rank(before) < rank(cell) ? before : cell
  const isOwn = before.permission === 'own' && cell.permission === 'own'
  if (isOwn && before.standing === 'as said' && before.seen !== cell.seen)
    return { ...before, seen: 'accepted on its own, refused on that of others' }
  return weight[cell.permission] > weight[before.permission] ? cell : before
}

/** Of what is said of the same cell, what says the most. */
const weight: Readonly<Record<Expectation, number>> = { unsaid: 0, own: 1, refused: 2, allowed: 3 }

const rank = ({ standing }: GridCell) => standings.indexOf(standing)
const columnKey = ({ principal }: Column) => JSON.stringify(principal)
const rowKey = ({ operation, channel = 'HTTP', domain = '' }: Row) =>
  JSON.stringify([operation, channel, domain])
const cellKey = (column: Column, row: Row) => `${columnKey(column)} ${rowKey(row)}`
const byText =
  <T>(text: (item: T) => string) =>
  (a: T, b: T) =>
    text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0

/** So many of a kind, and how many more there were. */
class Known<T extends object> {
  readonly #most: number
  readonly #key: (item: T) => string
  readonly #in = new Map<string, T>()
  readonly #out = new Set<string>()

  constructor(most: number, key: (item: T) => string) {
    this.#most = most
    this.#key = key
  }

  take(item: T): boolean {
    const key = this.#key(item)
    if (this.#in.has(key)) return true
    if (this.#in.size < this.#most) {
      this.#in.set(key, item)
      return true
    }
    if (this.#out.size < mostLeftOut) this.#out.add(key)
    return false
  }

  get all(): T[] {
    return [...this.#in.values()]
  }

  get left(): number {
    return this.#out.size
  }
}
