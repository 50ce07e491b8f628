import { freshIn, freshNames } from './examples.ts'
import { notJsonata } from './expression-mistakes.ts'
import { compile, ExpressionFailed, findFlip } from './expressions.ts'
import { effectOf, furtherInputs, furtherObject, isFreeName } from './further-operations.ts'
import { callsOf, type PlacedCall } from './operation-calls.ts'
import { operations } from './operations.ts'
import type { Mistake } from './schema.ts'
import type { CallData, OperationData, ProfileData, StepData } from './shape.ts'
import { inputNames } from './templates.ts'
import { type Path, unknown } from './unknown-name.ts'

/** What is wrong with one operation of a profile, ours or a further one. */
export async function operationMistakes(
  name: string,
  operation: OperationData,
  data: ProfileData,
): Promise<Mistake[]> {
  const at = (...rest: Path): Path => ['operations', name, ...rest]
  const ours = operations[name]
  const inputs = ours === undefined ? null : Object.keys(ours.inputs)
  const results = ours === undefined ? null : Object.keys(ours.results)
  const [anInput, aResult] = [`an input of ${name}`, `a result of ${name}`]
  const calls = callsOf(operation)
  return [
    ...calls.flatMap(({ call, at: place }) => bodyMistakes(call, at(...place))),
    ...(operation.as === undefined || operation.as in data.principals
      ? []
      : [unknown(at('as'), operation.as, Object.keys(data.principals), 'a principal')]),
    ...currentMistakes(operation.current, data, at),
    ...(operation.inputs ?? []).flatMap((input, i) => nameMistakes(at('inputs', i), input, inputs, anInput)),
    ...Object.keys(operation.pathWith ?? {}).flatMap((input) =>
      nameMistakes(at('pathWith', input), input, inputs, anInput, true),
    ),
    ...calls.flatMap(({ call, at: place }) =>
      Object.keys(call.result ?? {}).flatMap((result) =>
        place[0] === 'steps'
          ? givenMistakes(at(...place, 'result', result), result, name)
          : nameMistakes(at(...place, 'result', result), result, results, aResult, true),
      ),
    ),
    ...calls.flatMap(({ call, at: place, given }) =>
      templates(call).flatMap(([path, template]) =>
        inputNames(template).flatMap((input) =>
          nameMistakes(
            at(...place, ...path),
            input,
            inputs && [...inputs, ...given, 'principal.NAME'],
            given.length === 0 ? anInput : `${anInput} or what the calls before give`,
          ),
        ),
      ),
    ),
    ...calls.flatMap(({ call, at: place }) => undoMistakes(call, data, at(...place, 'undo', 'operation'))),
    ...(ours === undefined || operation.effect === undefined
      ? []
      : [
          {
            path: at('effect'),
            key: true,
            expected: 'effect where the operation is none of ours',
            seen: operation.effect,
            remedy: `remove it: ${name} is to ${ours.effect}`,
          },
        ]),
    ...(
      await Promise.all(calls.flatMap(expressionsOf).map((placed) => expressionMistakes(name, placed, at)))
    ).flat(),
    ...exampleMistakes(name, operation, at),
  ]
}

function bodyMistakes(call: CallData, path: Path): Mistake[] {
  const bodies = (['body', 'form', 'multipart', 'raw'] as const).filter((kind) => call[kind] !== undefined)
  if (bodies.length < 2) return []
  const expected = 'one of body, form, multipart, raw'
  const remedy = 'keep the one that the target wants'
  return [{ path, key: false, expected, seen: bodies.join(' and '), remedy }]
}

function undoMistakes(
  { undo }: CallData & { readonly undo?: false | StepData['undo'] },
  data: ProfileData,
  path: Path,
): Mistake[] {
  if (!undo || undo.operation in data.operations) return []
  return [unknown(path, undo.operation, Object.keys(data.operations), 'an operation of this profile')]
}

/** What a step gives stands beside the inputs of the operation, and in the place of none. */
function givenMistakes(path: Path, given: string, name: string): Mistake[] {
  if (!(given in (operations[name]?.inputs ?? {}))) return nameMistakes(path, given, null, '', true)
  const expected = `a name that is no input of ${name}`
  return [{ path, key: true, expected, seen: JSON.stringify(given), remedy: 'rename it' }]
}

/** Names of ours are those that there are (`null`: all that can be written). */
function nameMistakes(
  path: Path,
  name: string,
  known: readonly string[] | null,
  what: string,
  key = false,
): Mistake[] {
  if (known !== null) return known.includes(name) ? [] : [unknown(path, name, known, what, key)]
  if (isFreeName(name)) return []
  const remedy = 'rename it; in a template {principal.NAME} is a value of who calls'
  return [{ path, key, expected: 'a name of letters and digits', seen: JSON.stringify(name), remedy }]
}

/** What is read first is a read, and reads nothing first itself. */
function currentMistakes(
  current: string | undefined,
  { operations: declared }: ProfileData,
  at: (...rest: Path) => Path,
): Mistake[] {
  if (current === undefined) return []
  const read = declared[current]
  if (read === undefined)
    return [unknown(at('current'), current, Object.keys(declared), 'an operation of this profile')]
  if (effectOf(current, read) === 'read' && read.current === undefined) return []
  return [
    {
      path: at('current'),
      key: false,
      expected: 'an operation that reads the object by one call',
      seen: current,
      remedy: 'name the one that gets it',
    },
  ]
}

/** What an example may say: inputs that the call carries but the one that the run finds, in texts with what is fresh. */
function exampleMistakes(name: string, operation: OperationData, at: (...rest: Path) => Path): Mistake[] {
  const { example = {}, inputs } = operation
  const ours = operations[name]
  const object = ours === undefined ? furtherObject : ours.object
  const carried = inputs ?? (ours === undefined ? carriedBy(operation) : Object.keys(ours.inputs))
  return Object.entries(example).flatMap(([input, value]) => [
    ...(input === object
      ? [
          {
            path: at('example', input),
            key: true,
            expected: `no ${input}: the run takes that of what it made, or of what the list shows`,
            seen: JSON.stringify(input),
            remedy: 'remove it',
          },
        ]
      : carried !== null && !carried.includes(input)
        ? [unknown(at('example', input), input, carried, `an input that ${name} carries`, true)]
        : []),
    ...freshIn(value)
      .filter((found) => !freshNames.some((known) => known === found))
      .map((found) => unknown(at('example', input), found, freshNames, 'what is fresh for each call')),
  ])
}

/** `null` where its expressions do not say: those that do not parse are complained of elsewhere. */
function carriedBy(operation: OperationData): string[] | null {
  try {
    return furtherInputs(operation)
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error
    return null
  }
}

function templates(call: CallData & Pick<OperationData, 'pathWith'>): [Path, string][] {
  const maps = (['pathWith', 'query', 'headers'] as const).flatMap((part) =>
    Object.entries(call[part] ?? {}).map(([key, value]): [Path, string] => [[part, key], String(value)]),
  )
  return [[['path'], call.path], ...maps]
}

interface Placed {
  readonly path: Path
  readonly source: string
  /** For a body: whether lists at its top are repeated fields, so that a scalar is as good. */
  readonly body: { readonly repeats: boolean } | null
}

function expressionsOf({ call, at }: PlacedCall): Placed[] {
  const all = expressionsIn(call)
  return all.map((placed) => ({ ...placed, path: [...at, ...placed.path] }))
}

function expressionsIn(call: CallData & { readonly undo?: false | StepData['undo'] }): Placed[] {
  const answers = (['accepted', 'refused', 'limited', 'invalid', 'missing'] as const).flatMap((word) => {
    const source = call[word]
    return source === undefined ? [] : [{ path: [word], source, body: null }]
  })
  const results = Object.entries(call.result ?? {}).map(([name, source]) => ({
    path: ['result', name],
    source,
    body: null,
  }))
  const bodies = (['body', 'form', 'multipart'] as const).flatMap((kind) => {
    const source = call[kind]
    return source === undefined ? [] : [{ path: [kind], source, body: { repeats: kind !== 'body' } }]
  })
  const raw =
    call.raw === undefined
      ? []
      : [{ path: ['raw', 'content'], source: call.raw.content, body: { repeats: true } }]
  const undo = call.undo ? [{ path: ['undo', 'input'], source: call.undo.input, body: null }] : []
  return [...answers, ...results, ...bodies, ...raw, ...undo]
}

async function expressionMistakes(
  operation: string,
  placed: Placed,
  at: (...rest: Path) => Path,
): Promise<Mistake[]> {
  const path = at(...placed.path)
  try {
    const expression = compile(placed.source)
    // Of inputs beyond our words nothing is known that there could be one or two of.
    if (placed.body === null || !(operation in operations)) return []
    const flips = await findFlip(expression, operation, { principal: {}, current: {} }, placed.body.repeats)
    if (flips === null) return []
    return [
      {
        path,
        key: false,
        expected: 'the same shape for one recipient as for two',
        seen: `${flips} is a list for two and a single value for one`,
        remedy:
          'put brackets around what makes the list, as in [to.email]: JSONata turns a list of one into its element',
      },
    ]
  } catch (error) {
    return [notJsonata(path, error)]
  }
}
