import { randomUUID } from 'node:crypto'
import type { Exchange } from '../model.ts'
import { ExpressionFailed } from '../profile/expressions.ts'
import { operations } from '../profile/operations.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Operation, Profile } from '../profile/shape.ts'
import { type Intent, type Journal, mark, type Outcome, type Undo } from './journal.ts'
import type { Input } from './request.ts'
import { Unsendable } from './sendable.ts'
import type { Usage } from './usage.ts'

/** A request as the journal sees it. */
interface Call {
  readonly operation: Operation
  readonly input: Input
  /** The principal of the profile that calls; `null` for nobody, and for credentials of a check's own. */
  readonly principal: string | null
}

/** Sends a request, and has the journal know what it makes. */
export type Making = (call: Call, send: () => Promise<Exchange>) => Promise<Exchange>

/** An operation whose making can be taken back. */
export type Undoable = Operation & { readonly undo: NonNullable<Operation['undo']> }

type MakingCall = Call & { readonly operation: Undoable }

/** The inputs that name an object of ours. */
export const naming = ['email', 'name', 'url'] as const
const mostMarks = 4
/** Of the JSON of one input: what is longer is an attack, and names nothing. */
const longestInput = 1000

/** The journal learns before each request goes out what it may make, and afterwards what came of it. */
export function createMaking(
  profile: Profile,
  redactor: Redactor,
  journal: Journal | undefined,
  usage: Pick<Usage, 'unmarked'> | undefined,
): Making {
  // What the user wrote may stand in objects that are his.
  const { mail, principals, sandbox, target } = profile
  const examples = Object.values(profile.operations).map(({ example }) => example)
  const theirs = JSON.stringify({ mail, principals, sandbox, target, examples })

  const harmless = (value: unknown) => {
    const text = JSON.stringify(value) ?? ''
    return text.length <= longestInput && redactor.redact(text) === text
  }

  const marksOf = (operation: string, input: Input): string[] => {
    // Of an operation that we have no words for, any input may name what it makes.
    const named: readonly string[] = operation in operations ? naming : Object.keys(input)
    const marks = named.flatMap(
      (name) => redactor.redact(JSON.stringify(input[name]) ?? '').match(mark) ?? [],
    )
    return [...new Set(marks)].filter((text) => !theirs.includes(text)).slice(0, mostMarks)
  }

  const intentOf = (
    { operation: { name: operation, undo }, input, principal }: MakingCall,
    marks: string[],
  ): Intent => {
    const needed = new Set<string>([...naming, ...(undo.input.names ?? [])])
    return {
      ...{ id: randomUUID(), operation, principal },
      input: Object.fromEntries(
        Object.entries(input).filter(
          ([name, value]) => needed.has(name) && name !== 'password' && harmless(value),
        ),
      ),
      marks,
    }
  }

  const outcomeOf = async (made: Undoable, input: Input, exchange: Exchange): Promise<Outcome> => {
    const { answer, response, unsent = false } = exchange
    if (unsent) return 'nothing'
    if (answer !== 'accepted')
      return answer === 'broken' && !isRefusal(response?.status) ? 'unknown' : 'nothing'
    const undo = await undoOf(made, input, exchange.result ?? {})
    return undo === null ? 'unknown' : { made: undo, memoryOnly: !harmless(undo.input) }
  }

  const makes = async (call: MakingCall, send: () => Promise<Exchange>) => {
    const { operation, input } = call
    const marks = marksOf(operation.name, input)
    if (marks.length === 0 && operation.name in profile.operations) usage?.unmarked(operation.name)
    if (journal === undefined) return send()
    const intent = intentOf(call, marks)
    await journal.expect(intent)
    try {
      const exchange = await send()
      await journal.answered(intent.id, await outcomeOf(operation, input, exchange))
      return exchange
    } catch (error) {
      await journal.answered(intent.id, error instanceof Unsendable ? 'nothing' : 'unknown')
      throw error
    }
  }

  return async ({ operation, input, principal }, send) => {
    if (isUndoable(operation)) return makes({ operation, input, principal }, send)
    const { name, as } = operation
    const exchange = await send()
    if (exchange.answer !== 'accepted' || journal === undefined) return exchange
    if (stays(operation)) await journal.stays(name)
    if (Object.values(profile.operations).some(({ undo }) => undo?.operation === name))
      await journal.undone({ operation: name, input, principal, own: principal === as })
    return exchange
  }
}

/** It makes something that a call takes back elsewhere; what our words do not tell of, such a call should. */
function stays({ name, effect, sends }: Operation): boolean {
  const ours = operations[name]
  return ours === undefined ? effect === 'create' && !sends : ours.undo !== null
}

/** An operation, or a step of one that makes something, by its name in the journal. */
export function madeBy({ operations }: Profile, name: string): Operation | undefined {
  const steps = Object.values(operations).flatMap((operation) => operation.steps)
  return operations[name] ?? steps.find((step) => step.name === name)
}

/** RFC 9110 section 15.5: the fault is the client's, and the target has said so. */
function isRefusal(status = 0): boolean {
  return status >= 400 && status < 500
}

export function isUndoable(operation: Operation): operation is Undoable {
  return operation.undo !== null
}

/**
 * The call that takes back what a call with `input` made, which gave `result`. `null` where they leave out what the undo
 * gets when an answer tells everything.
 */
export async function undoOf(
  { result: results, undo }: Undoable,
  input: Input,
  result: Readonly<Record<string, unknown>>,
): Promise<Undo | null> {
  const everything = Object.fromEntries(['id', ...naming, ...Object.keys(results)].map((name) => [name, 'x']))
  const [wanted, full] = await Promise.all(
    [result, everything].map((each) => evaluated(undo.input.evaluate({ input, result: each }))),
  )
  const complete = Object.keys(full ?? {}).every((name) => (wanted?.[name] ?? null) !== null)
  return wanted === null || wanted === undefined || !complete || Object.keys(wanted).length === 0
    ? null
    : { operation: undo.operation, input: wanted }
}

async function evaluated(expression: Promise<unknown>): Promise<Input | null> {
  try {
    const value = await expression
    return value !== null && typeof value === 'object' ? (value as Input) : null
  } catch (error) {
    if (error instanceof ExpressionFailed) return null
    throw error
  }
}
