import { compile, ExpressionFailed, findFlip } from './expressions.ts'
import { nearest, operations, pseudoOperations } from './operations.ts'
import type { Mistake } from './profile-schema.ts'
import type { OperationData, ProfileData } from './profile-shape.ts'
import { unknownTemplateNames } from './templates.ts'

type Path = readonly (string | number)[]

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
    ...targetMistakes(data),
    ...tableMistakes(data),
    ...zapMistakes(data),
    ...mailboxMistakes(data),
    ...pageMistakes(data),
  ]
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function zapMistakes({ zap, principals }: ProfileData): Mistake[] {
  if (zap === undefined) return []
  const ways = (['image', 'home', 'url'] as const).filter((way) => zap[way] !== undefined)
  const mistake = (expected: string, seen: string, remedy: string) => ({
    path: ['zap'],
    key: true,
    expected,
    seen,
    remedy,
  })
  return [
    ...(ways.length === 1
      ? []
      : [
          mistake(
            'one way to a ZAP: image, home or url',
            ways.join(' and ') || 'none',
            'keep one; image: zaproxy/zap-stable needs a Docker engine alone',
          ),
        ]),
    ...(zap.url !== undefined && !URL.canParse(zap.url)
      ? [mistake('a URL of ZAP', JSON.stringify(zap.url), 'write it as http://127.0.0.1:8090')]
      : []),
    ...(zap.exclude ?? []).flatMap((pattern, i) =>
      isRegularExpression(pattern)
        ? []
        : [
            {
              path: ['zap', 'exclude', i],
              key: false,
              expected: 'a regular expression of whole URLs, as Java and JavaScript have them alike',
              seen: JSON.stringify(pattern),
              remedy: 'correct it; a dot of a name is written \\\\.',
            },
          ],
    ),
    ...(zap.principal === undefined || zap.principal in principals
      ? []
      : [unknown(['zap', 'principal'], zap.principal, Object.keys(principals), 'a principal')]),
  ]
}

function pageMistakes({ pages = {}, principals, operations }: ProfileData): Mistake[] {
  return Object.entries(pages).flatMap(([name, { url, field, at, as }]) => {
    const mistake = (expected: string, seen: string, remedy: string) => ({
      path: ['pages', name],
      key: true,
      expected,
      seen,
      remedy,
    })
    const ways = [url === undefined ? [] : ['url'], field === undefined ? [] : ['field']].flat()
    return [
      ...(ways.length === 1
        ? []
        : [mistake('one way to the page: url or field', ways.join(' and ') || 'neither', 'keep one')]),
      ...((field === undefined) === (at === undefined)
        ? []
        : [
            mistake(
              'field and at together',
              at === undefined ? 'no at' : 'no field',
              'at says where the host that mail links to is found: write it as https://127.0.0.1:8443',
            ),
          ]),
      ...(field === undefined || 'message.send' in operations
        ? []
        : [
            mistake(
              'the operation message.send for a page that mail leads to',
              'none',
              'declare it, or name the url',
            ),
          ]),
      ...(as === undefined || as in principals
        ? []
        : [unknown(['pages', name, 'as'], as, Object.keys(principals), 'a principal')]),
    ]
  })
}

function mailboxMistakes({ target, sandbox, mail }: ProfileData): Mistake[] {
  const { url, username, password, smtp } = sandbox?.mailpit ?? {}
  const direct = mail.recipients?.route === 'mailpit'
  const mistake = (at: Path, expected: string, seen: string, remedy: string): Mistake[] => [
    { path: at, key: true, expected, seen, remedy },
  ]
  if (url === undefined)
    return direct
      ? mistake(
          ['mail', 'recipients', 'route'],
          'sandbox.mailpit.url with the route mailpit',
          'none',
          'say there where the Mailpit is that gets the target’s mail',
        )
      : []
  const at = ['sandbox', 'mailpit', 'url']
  const started = (['embedded', 'container', 'command'] as const).find((way) => target[way] !== undefined)
  return [
    ...(started === undefined
      ? []
      : mistake(
          at,
          'a target that runs already',
          `target.${started}`,
          'leave url out: a run brings its mailbox up',
        )),
    ...((username === undefined) === (password === undefined)
      ? []
      : mistake(['sandbox', 'mailpit'], 'username and password', 'one of them', 'write both or none')),
    ...(direct || smtp !== undefined
      ? []
      : mistake(
          at,
          'smtp beside it, or the route mailpit',
          'neither',
          'write smtp: host:port for the sandbox to hand mail on, or mail.recipients.route mailpit where the target does',
        )),
  ]
}

function targetMistakes({ target }: ProfileData): Mistake[] {
  const ways = (['embedded', 'container', 'command'] as const).filter((way) => target[way] !== undefined)
  const { container } = target
  const images = (['image', 'build'] as const).filter((key) => container?.[key] !== undefined)
  return [
    ...(ways.length > 1
      ? [
          {
            path: ['target', ways[1] ?? ''],
            key: true,
            expected: 'one way to come up: embedded, container or command',
            seen: ways.join(' and '),
            remedy: 'keep one; without any of them the target runs already',
          },
        ]
      : []),
    ...(container !== undefined && images.length !== 1
      ? [
          {
            path: ['target', 'container'],
            key: true,
            expected: 'an image or what to build it from',
            seen: images.join(' and ') || 'neither',
            remedy: 'write image or build',
          },
        ]
      : []),
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

function unknown(path: Path, word: string, known: readonly string[], what: string, key = false): Mistake {
  const near = nearest(word, known)
  return {
    path,
    key,
    expected: `${what}: ${known.length === 0 ? 'there are none' : `one of ${known.join(', ')}`}`,
    seen: JSON.stringify(word),
    remedy: near === null ? 'use one of them' : `did you mean ${near}?`,
  }
}
