import { compile, ExpressionFailed, findFlip } from './expressions.ts'
import { operations, pseudoOperations } from './operations.ts'
import type { Mistake } from './schema.ts'
import type { OperationData, ProfileData } from './shape.ts'
import { surroundingMistakes } from './surroundings.ts'
import { unknownTemplateNames } from './templates.ts'
import { type Path, unknown } from './unknown-name.ts'

/** What the schema cannot say: names that must be known, parts that must fit each other, expressions that must hold. */
export async function meaningMistakes(data: ProfileData): Promise<Mistake[]> {
  const perOperation = Object.entries(data.operations).map(([name, operation]) =>
    name in operations
      ? operationMistakes(name, operation, data)
      : [unknown(['operations', name], name, Object.keys(operations), 'an operation', true)],
  )
  return [
    ...(await Promise.all(perOperation)).flat(),
    ...Object.entries(data.principals).flatMap(([name, p]) => principalMistakes(name, p, data)),
    ...tableMistakes(data),
    ...surroundingMistakes(data),
  ]
}

async function operationMistakes(
  name: string,
  operation: OperationData,
  data: ProfileData,
): Promise<Mistake[]> {
  const at = (...rest: Path): Path => ['operations', name, ...rest]
  const words = operations[name] ?? { inputs: {}, results: {} }
  const inputs = Object.keys(words.inputs)
  const bodies = (['body', 'form', 'multipart', 'raw'] as const).filter(
    (kind) => operation[kind] !== undefined,
  )
  return [
    ...(bodies.length > 1
      ? [
          {
            path: at(),
            key: false,
            expected: 'one of body, form, multipart, raw',
            seen: bodies.join(' and '),
            remedy: 'keep the one that the target wants',
          },
        ]
      : []),
    ...(operation.as === undefined || operation.as in data.principals
      ? []
      : [unknown(at('as'), operation.as, Object.keys(data.principals), 'a principal')]),
    ...(operation.inputs ?? []).flatMap((input, i) =>
      inputs.includes(input) ? [] : [unknown(at('inputs', i), input, inputs, `an input of ${name}`)],
    ),
    ...Object.keys(operation.pathWith ?? {}).flatMap((input) =>
      inputs.includes(input)
        ? []
        : [unknown(at('pathWith', input), input, inputs, `an input of ${name}`, true)],
    ),
    ...Object.keys(operation.result ?? {}).flatMap((result) =>
      result in words.results
        ? []
        : [unknown(at('result', result), result, Object.keys(words.results), `a result of ${name}`, true)],
    ),
    ...templates(operation).flatMap(([path, template]) =>
      unknownTemplateNames(template, inputs).map((found) =>
        unknown(at(...path), found, [...inputs, 'principal.NAME'], `an input of ${name}`),
      ),
    ),
    ...(operation.undo && !(operation.undo.operation in data.operations)
      ? [
          unknown(
            at('undo', 'operation'),
            operation.undo.operation,
            Object.keys(data.operations),
            'an operation of this profile',
          ),
        ]
      : []),
    ...(await Promise.all(expressionsOf(operation).map((e) => expressionMistakes(name, e, at)))).flat(),
  ]
}

function templates(operation: OperationData): [Path, string][] {
  const maps = (['pathWith', 'query', 'headers'] as const).flatMap((part) =>
    Object.entries(operation[part] ?? {}).map(([key, value]): [Path, string] => [[part, key], String(value)]),
  )
  return [[['path'], operation.path], ...maps]
}

interface Placed {
  readonly path: Path
  readonly source: string
  /** For a body: whether lists at its top are repeated fields, so that a scalar is as good. */
  readonly body: { readonly repeats: boolean } | null
}

function expressionsOf(operation: OperationData): Placed[] {
  const answers = (['accepted', 'refused', 'limited', 'invalid', 'missing'] as const).flatMap((word) => {
    const source = operation[word]
    return source === undefined ? [] : [{ path: [word], source, body: null }]
  })
  const results = Object.entries(operation.result ?? {}).map(([name, source]) => ({
    path: ['result', name],
    source,
    body: null,
  }))
  const bodies = (['body', 'form', 'multipart'] as const).flatMap((kind) => {
    const source = operation[kind]
    return source === undefined ? [] : [{ path: [kind], source, body: { repeats: kind !== 'body' } }]
  })
  const raw =
    operation.raw === undefined
      ? []
      : [{ path: ['raw', 'content'], source: operation.raw.content, body: { repeats: true } }]
  const undo = operation.undo ? [{ path: ['undo', 'input'], source: operation.undo.input, body: null }] : []
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
    if (placed.body === null) return []
    const flips = await findFlip(expression, operation, { principal: {} }, placed.body.repeats)
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
    if (!(error instanceof ExpressionFailed)) throw error
    return [
      {
        path,
        key: false,
        expected: 'a JSONata expression',
        seen: error.message,
        remedy: 'correct it; https://try.jsonata.org shows what it gives',
      },
    ]
  }
}

function principalMistakes(
  name: string,
  principal: ProfileData['principals'][string],
  data: ProfileData,
): Mistake[] {
  const at = (...rest: Path): Path => ['principals', name, ...rest]
  const { session, role, scopes = [], values = {} } = principal
  const signIn = session?.operation ?? 'session.create'
  const known = Object.keys(data.operations)
  return [
    ...(session !== undefined && !(signIn in data.operations)
      ? [
          unknown(
            at('session', ...(session.operation === undefined ? [] : ['operation'])),
            signIn,
            known,
            'an operation of this profile that signs in',
          ),
        ]
      : []),
    ...(role !== undefined && !(role in (data.roles ?? {}))
      ? [unknown(at('role'), role, Object.keys(data.roles ?? {}), 'a name in roles')]
      : []),
    ...scopes.flatMap((s, i) =>
      s in (data.scopes ?? {})
        ? []
        : [unknown(at('scopes', i), s, Object.keys(data.scopes ?? {}), 'a name in scopes')],
    ),
    ...Object.entries(values).flatMap(([key, value]) =>
      typeof value === 'object' && !(value.operation in data.operations)
        ? [unknown(at('values', key, 'operation'), value.operation, known, 'an operation of this profile')]
        : [],
    ),
  ]
}

function tableMistakes(data: ProfileData): Mistake[] {
  const known = [...Object.keys(operations), ...pseudoOperations]
  const limited = data.policies?.limits?.send?.principal
  const table = (part: 'roles' | 'scopes') =>
    Object.entries(data[part] ?? {}).flatMap(([name, allowed]) =>
      allowed === '*'
        ? []
        : [...allowed].flatMap((o, i) =>
            known.includes(o) ? [] : [unknown([part, name, i], o, known, 'an operation')],
          ),
    )
  return [
    ...table('roles'),
    ...table('scopes'),
    ...(limited === undefined || limited in data.principals
      ? []
      : [
          unknown(
            ['policies', 'limits', 'send', 'principal'],
            limited,
            Object.keys(data.principals),
            'a principal',
          ),
        ]),
  ]
}
