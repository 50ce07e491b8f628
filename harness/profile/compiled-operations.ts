import { compile } from './expressions.ts'
import { effectOf, furtherInputs, furtherObject, furtherRecipients, partsOf } from './further-operations.ts'
import { bodyExpression, callsOf } from './operation-calls.ts'
import { type DeclaredOperation, operations } from './operations.ts'
import {
  answerWords,
  type CallData,
  type Operation,
  type OperationData,
  type Principal,
  type StepData,
} from './shape.ts'
import { namesInTemplates } from './templates.ts'

type WithoutUndo = Omit<Operation, 'undo'>

/** Compiles the operations of a valid profile. Throws ExpressionFailed only for what filled-in variables broke. */
export function compileOperations(
  declared: Readonly<Record<string, OperationData>>,
  principals: Readonly<Record<string, Pick<Principal, 'session'>>>,
): Readonly<Record<string, Operation>> {
  const usual = Object.keys(principals)[0] ?? null
  const signIns = Object.values(principals).flatMap(({ session }) => [
    session?.operation,
    session?.code?.request,
  ])
  const byNobody = (name: string) => operations[name]?.byNobody === true || signIns.includes(name)
  const compiled = Object.entries(declared).map(([name, data]) => ({
    data,
    // Whoever signs in is nobody yet, and so is who signs up or has forgotten their password.
    operation: compileOperation(name, data, byNobody(name) ? null : usual),
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
  const inputs = new Set(data.inputs ?? inferredInputs(name, data))
  const whole = {
    ...natureOf(name, data, inputs),
    ...compileCall(data),
    pathWith: data.pathWith ?? {},
    as: data.as ?? usualPrincipal,
    caller: data.as ?? null,
    current: data.current ?? null,
    documented: data.documented ?? null,
    rpc: null,
    inputs,
    example: data.example ?? {},
  }
  const further = (part: 'steps' | 'afterwards') =>
    (data[part] ?? []).map((call, i) => compileStep(`${name}.${part}.${i}`, call, whole))
  return { ...whole, steps: further('steps'), afterwards: further('afterwards') }
}

export type Call = Pick<Operation, 'method' | 'path' | 'query' | 'headers' | 'body' | 'answers' | 'result'>

export function compileCall(data: CallData): Call {
  return {
    method: data.method,
    path: data.path,
    query: data.query ?? {},
    headers: data.headers ?? {},
    body: bodyOf(data),
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

/** What it makes is of the kind of what takes it back. */
function compileStep(
  place: string,
  { undo, ...call }: StepData,
  whole: Omit<WithoutUndo, 'steps' | 'afterwards'>,
): Operation {
  return {
    ...whole,
    ...compileCall(call),
    name: place as DeclaredOperation,
    kind: partsOf(undo?.operation ?? whole.name).kind,
    ...{ sends: false, mailTo: [], object: null, pathWith: {}, current: null, example: {} },
    ...{ steps: [], afterwards: [] },
    undo: undo === undefined ? null : { operation: undo.operation, input: compile(undo.input) },
  }
}

function bodyOf(data: CallData): Operation['body'] {
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

/** Those inputs that the templates and the bodies of its calls name, and none of them gives. */
export function inferredInputs(name: string, data: OperationData): string[] {
  if (!(name in operations)) return furtherInputs(data)
  const known = Object.keys(operations[name]?.inputs ?? {})
  const named = callsOf(data).flatMap(({ call, given }) => {
    const body = bodyExpression(call)
    const inBody = body?.names === null ? known : [...(body?.names ?? [])]
    return [...namesInTemplates(call), ...inBody].filter((input) => !given.includes(input))
  })
  return known.filter((input) => named.includes(input))
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
