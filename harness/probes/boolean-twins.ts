import { fillIn, sqlTwins } from './corpora.ts'
import { interleave } from './statistics.ts'

export type SqlContext = 'string' | 'like' | 'numeric' | 'order-by'

export const arms = ['true', 'false', 'neutralTrue', 'neutralFalse'] as const
export type Arm = (typeof arms)[number]

/** Four inputs of one length: two conditions a database would evaluate, and the same words without what makes them SQL. */
export interface BooleanTwins {
  readonly name: string
  readonly context: SqlContext
  readonly inputs: Readonly<Record<Arm, string>>
}

/** The parameters of lists that end in a query, and the contexts in which a query may hold them. */
export const queryParameters: readonly {
  readonly parameter: 'search' | 'sort' | 'status'
  readonly contexts: readonly SqlContext[]
}[] = [
  { parameter: 'search', contexts: ['string', 'like'] },
  { parameter: 'status', contexts: ['string'] },
  { parameter: 'sort', contexts: ['order-by'] },
]

/**
 * The twins of these contexts. `value` is one that the parameter can hold and that has an effect (the search term that
 * finds a known row, a column of the order); `other` is a second column, for an order alone.
 */
export function booleanTwins(contexts: readonly SqlContext[], value: string, other = value): BooleanTwins[] {
  const fill = (template: string) => fillIn(template, { v: value, w: other })
  return sqlTwins.flatMap((twin) => {
    const context = contexts.find((c) => c === twin.context)
    if (context === undefined) return []
    const inputs = {
      true: fill(twin.true),
      false: fill(twin.false),
      neutralTrue: fill(twin.neutralTrue),
      neutralFalse: fill(twin.neutralFalse),
    }
    return [{ name: twin.name, context, inputs }]
  })
}

/** One of the inputs, asked once. */
export interface AskedTwin<Answer> {
  readonly arm: Arm
  readonly answer: Answer
}

/** Asks for every input twice, all at once, begun in the order that the seed gives. */
export function askTwins<Answer>(
  twins: BooleanTwins,
  seed: number,
  ask: (input: string) => Promise<Answer>,
): Promise<AskedTwin<Answer>[]> {
  return Promise.all(twinOrder(2, seed).map(async (arm) => ({ arm, answer: await ask(twins.inputs[arm]) })))
}

/** The first answer of each arm: to the true condition, and to the false one. */
export function oneOfEach<Answer>(
  asked: readonly { readonly arm: string; readonly answer: Answer }[],
): Answer[] {
  return ['true', 'false'].flatMap((arm) => asked.find((each) => each.arm === arm)?.answer ?? [])
}

/** The order in which to ask: every arm `rounds` times, each round in an order of its own. */
export function twinOrder(rounds: number, seed: number): Arm[] {
  return interleave(arms, rounds, seed)
}

/** The ids of the rows in the order they came; `null` where the answer holds no list (an error, a refusal). */
export type Rows = readonly string[] | null

/** One answer to one input. */
export interface TwinAnswer {
  readonly arm: Arm
  readonly rows: Rows
}

export type TwinJudgement =
  /** The condition decided about the rows, every time, and the digit alone did not: it was evaluated (CWE-89). */
  | { readonly kind: 'evaluated'; readonly whenTrue: Rows; readonly whenFalse: Rows }
  /** True and false read the same. */
  | { readonly kind: 'same' }
  /** No answer held a list: whatever stands before the database refused all of them. */
  | { readonly kind: 'refused' }
  /** The neutral pair differs in the same way: the search looks at the text. */
  | { readonly kind: 'literal' }
  /** Answers to one and the same input differ: rows come and go meanwhile. */
  | { readonly kind: 'unsteady'; readonly arm: Arm }

/** Judges the answers to one set of twins. Throws where an arm has fewer than two: one answer proves nothing. */
export function judgeTwins(answers: readonly TwinAnswer[]): TwinJudgement {
  const steady = new Map<Arm, Rows>()
  for (const arm of arms) {
    const [first, ...others] = answers.filter((answer) => answer.arm === arm)
    if (first === undefined || others.length === 0)
      throw new Error(`Expected at least two answers to the ${arm} twin, saw ${first === undefined ? 0 : 1}.`)
    if (others.some(({ rows }) => !sameRows(rows, first.rows))) return { kind: 'unsteady', arm }
    steady.set(arm, first.rows)
  }
  const rows = (arm: Arm) => steady.get(arm) ?? null
  const [whenTrue, whenFalse] = [rows('true'), rows('false')]
  if (whenTrue === null && whenFalse === null) return { kind: 'refused' }
  if (sameRows(whenTrue, whenFalse)) return { kind: 'same' }
  if (!sameRows(rows('neutralTrue'), rows('neutralFalse'))) return { kind: 'literal' }
  return { kind: 'evaluated', whenTrue, whenFalse }
}

function sameRows(a: Rows, b: Rows): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
