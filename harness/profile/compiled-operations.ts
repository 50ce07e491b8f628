import { compile, type Expression } from './expressions.ts'
import { operations } from './operations.ts'
import { answerWords, type Operation, type OperationData } from './shape.ts'
import { templateNames } from './templates.ts'

/** Compiles the operations of a valid profile. Throws ExpressionFailed only for what filled-in variables broke. */
export function compileOperations(
  declared: Readonly<Record<string, OperationData>>,
  principals: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Operation>> {
  const defaultPrincipal = Object.keys(principals)[0] ?? null
  return Object.fromEntries(
    Object.entries(declared).map(([name, data]) => {
      const body = bodyOf(data)
      const operation: Operation = {
        name,
        method: data.method,
        path: data.path,
        pathWith: data.pathWith ?? {},
        query: data.query ?? {},
        headers: data.headers ?? {},
        body,
        as: data.as ?? defaultPrincipal,
        inputs: new Set(data.inputs ?? inferredInputs(name, data, body)),
        answers: Object.fromEntries(
          answerWords.flatMap((word) => {
            const source = data[word]
            return source === undefined ? [] : [[word, compile(source)]]
          }),
        ),
        result: Object.fromEntries(
          Object.entries(data.result ?? {}).map(([key, source]) => [key, compile(source)]),
        ),
        undo: undoOf(name, data, declared),
      }
      return [name, operation]
    }),
  )
}

function bodyOf(data: OperationData): Operation['body'] {
  const { body, form, multipart, raw } = data
  if (body !== undefined) return { kind: 'json', expression: compile(body) }
  if (form !== undefined) return { kind: 'form', expression: compile(form) }
  if (multipart !== undefined) return { kind: 'multipart', expression: compile(multipart) }
  if (raw !== undefined)
    return { kind: 'raw', type: raw.type, base64: raw.base64 ?? false, expression: compile(raw.content) }
  return { kind: 'none' }
}

/** Those of our inputs that the templates and the body's expression name. */
function inferredInputs(name: string, data: OperationData, body: Operation['body']): string[] {
  const known = Object.keys(operations[name]?.inputs ?? {})
  const { path, pathWith = {}, query = {}, headers = {} } = data
  const values = [path, ...[pathWith, query, headers].flatMap((part) => Object.values(part))]
  const named = new Set([
    ...Object.keys(pathWith),
    ...values.flatMap((template) => templateNames(String(template))),
  ])
  if (body.kind !== 'none') {
    if (body.expression.names === null) return known
    for (const field of body.expression.names) named.add(field)
  }
  return known.filter((input) => named.has(input))
}

function undoOf(
  name: string,
  data: OperationData,
  declared: Readonly<Record<string, unknown>>,
): { operation: string; input: Expression } | null {
  if (data.undo === false) return null
  if (data.undo !== undefined) return { operation: data.undo.operation, input: compile(data.undo.input) }
  const usual = operations[name]?.undo
  if (usual === undefined || !(usual.operation in declared)) return null
  const { input } = usual
  return {
    operation: usual.operation,
    input: compile(`{"${input}": $exists(result.${input}) ? result.${input} : input.${input}}`),
  }
}
