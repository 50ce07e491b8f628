import { compile } from './expressions.ts'
import { effectOf, furtherInputs, furtherObject, furtherRecipients, partsOf } from './further-operations.ts'
import { type DeclaredOperation, operations } from './operations.ts'
import { answerWords, type Operation, type OperationData, type Principal } from './shape.ts'
import { namesInTemplates } from './templates.ts'

type WithoutUndo = Omit<Operation, 'undo'>

/** Compiles the operations of a valid profile. Throws ExpressionFailed only for what filled-in variables broke. */
export function compileOperations(
  declared: Readonly<Record<string, OperationData>>,
  principals: Readonly<Record<string, Pick<Principal, 'session'>>>,
): Readonly<Record<string, Operation>> {
  const usual = Object.keys(principals)[0] ?? null
  const signIns = ['session.create', ...Object.values(principals).map(({ session }) => session?.operation)]
  const compiled = Object.entries(declared).map(([name, data]) => ({
    data,
    // Whoever signs in is nobody yet.
    operation: compileOperation(name, data, signIns.includes(name) ? null : usual),
  }))
  const all = compiled.map(({ operation }) => operation)
  return Object.fromEntries(
    compiled.map(({ operation, data }) => [
      operation.name,
      { ...operation, undo: undoOf(operation, data, all) },
    ]),
  )
}

function compileOperation(name: string, data: OperationData, usualPrincipal: string | null): WithoutUndo {
  const body = bodyOf(data)
  const inputs = new Set(data.inputs ?? inferredInputs(name, data, body))
  return {
    ...natureOf(name, data, inputs),
    method: data.method,
    path: data.path,
    pathWith: data.pathWith ?? {},
    query: data.query ?? {},
    headers: data.headers ?? {},
    body,
    as: data.as ?? usualPrincipal,
    caller: data.as ?? null,
    current: data.current ?? null,
    documented: data.documented ?? null,
    inputs,
    example: data.example ?? {},
    answers: Object.fromEntries(
      answerWords.flatMap((word) => {
        const source = data[word]
        return source === undefined ? [] : [[word, compile(source)]]
      }),
    ),
    result: Object.fromEntries(
      Object.entries(data.result ?? {}).map(([key, source]) => [key, compile(source)]),
    ),
  }
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

/** What kind of operation it is, by our words or the profile's. */
function natureOf(
  name: string,
  data: OperationData,
  inputs: ReadonlySet<string>,
): Pick<Operation, 'name' | 'kind' | 'effect' | 'sends' | 'mailTo' | 'object'> {
  const ours = operations[name]
  const effect = effectOf(name, data)
  if (effect === null) throw new TypeError(`expected the effect of ${name}; nothing says it`)
  const recipients = ours === undefined ? furtherRecipients(name, data.example) : null
  const object = ours === undefined ? furtherObject : ours.object
  return {
    // Whoever declares it makes it one: the profile is valid.
    name: name as DeclaredOperation,
    kind: partsOf(name).kind,
    effect,
    sends: recipients !== null || ours?.sends === true,
    mailTo: recipients ?? ours?.mailTo ?? [],
    object: object !== null && inputs.has(object) ? object : null,
  }
}

/** Those inputs that the templates and the body's expression name. */
function inferredInputs(name: string, data: OperationData, body: Operation['body']): string[] {
  const expression = body.kind === 'none' ? null : body.expression
  if (!(name in operations)) return furtherInputs(data, expression)
  const known = Object.keys(operations[name]?.inputs ?? {})
  if (expression?.names === null) return known
  const named = new Set([...namesInTemplates(data), ...(expression?.names ?? [])])
  return known.filter((input) => named.has(input))
}

function undoOf(
  operation: WithoutUndo,
  { undo }: OperationData,
  all: readonly WithoutUndo[],
): Operation['undo'] {
  if (undo === false) return null
  if (undo !== undefined) return { operation: undo.operation, input: compile(undo.input) }
  const ours = operations[operation.name]
  if (ours === undefined) {
    const deletion = deletionOf(operation, all)
    return deletion === null
      ? null
      : { operation: deletion, input: compile(`{"${furtherObject}": result.${furtherObject}}`) }
  }
  if (ours.undo === null || !all.some(({ name }) => name === ours.undo?.operation)) return null
  const { input } = ours.undo
  return {
    operation: ours.undo.operation,
    input: compile(`{"${input}": $exists(result.${input}) ? result.${input} : input.${input}}`),
  }
}

/** Of what an operation beyond our words makes: one of the same kind that deletes, and needs to know the id alone. */
function deletionOf({ kind, effect, object }: WithoutUndo, all: readonly WithoutUndo[]): string | null {
  if (effect !== 'create' || object !== null) return null
  const deletions = all.filter(
    (other) => other.kind === kind && other.effect === 'delete' && [...other.inputs].join() === furtherObject,
  )
  return (deletions.find(({ name }) => name.endsWith('.delete')) ?? deletions[0])?.name ?? null
}
