import { compile, type Expression } from './expressions.ts'
import type { CallData, OperationData } from './shape.ts'
import type { Path } from './unknown-name.ts'

/** One call of an operation. */
export interface PlacedCall {
  readonly call: CallData
  /** Where it stands in the operation: nowhere else for its own call. */
  readonly at: Path
  /** The names of what the calls before it give, which are inputs of this one. */
  readonly given: readonly string[]
}

/** The calls of an operation in their order. */
export function callsOf(data: OperationData): PlacedCall[] {
  const given: string[] = []
  const placed = (call: CallData, at: Path): PlacedCall => {
    const before = [...given]
    given.push(...Object.keys(call.result ?? {}))
    return { call, at, given: before }
  }
  return [
    ...(data.steps ?? []).map((call, i) => placed(call, ['steps', i])),
    placed(data, []),
    ...(data.afterwards ?? []).map((call, i) => placed(call, ['afterwards', i])),
  ]
}

/** What makes the body; `null` where there is none. Throws ExpressionFailed where it is no JSONata. */
export function bodyExpression({ body, form, multipart, raw }: CallData): Expression | null {
  const source = body ?? form ?? multipart ?? raw?.content
  return source === undefined ? null : compile(source)
}
