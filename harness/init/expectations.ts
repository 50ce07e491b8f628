import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { OpenApi } from '../api/openapi.ts'
import type { FirstProfile } from './first-profile.ts'

/** `POST /messages`: a call of a document, by the path that stands there. */
export type Call = string

/** What somebody who knows our words would make of a document; see the head of the table. */
export interface Expectation {
  readonly source:
    | { readonly repository: string; readonly path: string; readonly commit: string }
    | { readonly package: string; readonly path: string }
  readonly sha256: string
  readonly operations: Readonly<Record<string, Call | readonly Call[]>>
  readonly arguable?: Readonly<Record<string, Call | readonly Call[]>>
}

/** By the name of the document's file. */
export async function readExpectations(): Promise<Readonly<Record<string, Expectation>>> {
  return parse(await readFile(new URL('../../fixtures/openapi/expectations.yaml', import.meta.url), 'utf8'))
}

export interface Wrong {
  readonly operation: string
  readonly guessed: Call
  readonly unsure: boolean
}

export interface Judged {
  /** How many operations of ours the document has. */
  readonly expected: number
  /** Guesses without UNSURE, but for arguable ones. */
  readonly sure: { readonly right: number; readonly wrong: number }
  readonly unsure: { readonly right: number; readonly wrong: number }
  readonly wrong: readonly Wrong[]
  readonly missed: readonly string[]
}

/** How the guesses for a document compare with what was expected of it. */
export function judged({ operations, arguable = {} }: Expectation, guesses: readonly Wrong[]): Judged {
  const listed = (calls: Call | readonly Call[] | undefined) => [calls ?? []].flat()
  const right = (guess: Wrong) => listed(operations[guess.operation]).includes(guess.guessed)
  const wrong = guesses.filter(
    (guess) => !right(guess) && !listed(arguable[guess.operation]).includes(guess.guessed),
  )
  const found = guesses.filter(right)
  const count = (unsure: boolean) => ({
    right: found.filter((guess) => guess.unsure === unsure).length,
    wrong: wrong.filter((guess) => guess.unsure === unsure).length,
  })
  return {
    expected: Object.keys(operations).length,
    sure: count(false),
    unsure: count(true),
    wrong,
    missed: Object.keys(operations).filter((name) => !found.some(({ operation }) => operation === name)),
  }
}

/** What init makes of a document, by the calls as they stand there. */
export function guessesOf({ operations, calls }: FirstProfile): Wrong[] {
  return Object.entries(operations).map(([operation, { unsure }]) => {
    const call = calls[operation]
    return { operation, guessed: `${call?.method} ${call?.template}`, unsure }
  })
}

/** The calls that are expected and that a document does not have: the table is wrong then, or of another version. */
export function unknownCalls(
  { operations, arguable = {} }: Expectation,
  { operations: documented }: OpenApi,
): Call[] {
  const known = new Set(documented.map(({ method, template }) => `${method} ${template}`))
  return [operations, arguable]
    .flatMap((table) => Object.values(table).flat())
    .filter((call) => !known.has(call))
}

/** The share of `part` among both, in percent; `null` of nothing. */
export function percent(part: number, rest: number): number | null {
  return part + rest === 0 ? null : (100 * part) / (part + rest)
}
