import { type Path, placeOf } from './places.ts'

/** One thing that is wrong with a profile, and where. */
export interface Problem {
  /** Absolute path: the profile, or one that it extends. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** From the top of the document: `principals.sender.bearer`. */
  readonly path: string
  readonly expected: string
  readonly seen: string
  readonly remedy: string
}

/** Of a profile that was generated, say, each line may be wrong; a text is as long as somebody writes it. In UTF-16 code units. */
const [mostTold, longest] = [20, 2000]

/** The profile cannot be used; nothing was sent. Exit code 3. Holds no secret. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError'
  readonly file: string
  readonly problems: readonly Problem[]
  constructor(file: string, problems: readonly Problem[]) {
    const [told, more] = [problems.slice(0, mostTold).map(describe), problems.length - mostTold]
    super([...told, ...(more > 0 ? [`… and ${more} more of the kind`] : [])].join('\n'))
    this.file = file
    this.problems = problems
  }
}

function describe({ file, line, column, path, expected, seen, remedy }: Problem): string {
  const [wanted, found, way] = [expected, seen, remedy].map(bounded)
  return `${file}:${line}:${column} ${path}: expected ${wanted}; seen ${found}; ${way}`
}

const bounded = (text: string) =>
  text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`

/** The value for an error text: bounded, and not at all where it may be a secret. */
export function shown(path: Path, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value !== null && typeof value === 'object')
    return `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'nothing'}`
  if (placeOf(path) !== 'shown') return `a ${typeof value} (not shown)`
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`
}
