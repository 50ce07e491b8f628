import { effectOf, furtherMistake, partsOf } from './further-operations.ts'
import { hmacMistakes } from './hmac-mistakes.ts'
import { mcpMistakes } from './mcp-mistakes.ts'
import { operationMistakes } from './operation-mistakes.ts'
import { operations, pseudoOperations, resources } from './operations.ts'
import type { Mistake } from './schema.ts'
import type { Allowed, PrincipalData, ProfileData, Reference, SharedObject } from './shape.ts'
import { surroundingMistakes } from './surroundings.ts'
import { type Path, unknown } from './unknown-name.ts'
import { webhookMistakes } from './webhook-mistakes.ts'

/** What the schema cannot say: names that must be known, parts that must fit each other, expressions that must hold. */
export async function meaningMistakes(data: ProfileData): Promise<Mistake[]> {
  const perOperation = Object.entries(data.operations).map(([name, operation]) => {
    const none = name in operations ? null : furtherMistake(name, operation, data.operations)
    return none === null ? operationMistakes(name, operation, data) : [none]
  })
  return [
    ...(await Promise.all(perOperation)).flat(),
    ...(await mcpMistakes(data)),
    ...Object.entries(data.principals).flatMap(([name, p]) => principalMistakes(name, p, data)),
    ...tableMistakes(data),
    ...(data.documented === undefined || data.openapi !== undefined
      ? []
      : [
          {
            path: ['documented', 'from'],
            key: false,
            expected: 'openapi: the path or URL of the document that operations are taken from',
            seen: 'none',
            remedy: 'name it, or remove operations.from',
          },
        ]),
    ...surroundingMistakes(data),
  ]
}

function principalMistakes(
  name: string,
  principal: ProfileData['principals'][string],
  data: ProfileData,
): Mistake[] {
  const at = (...rest: Path): Path => ['principals', name, ...rest]
  const { session, hmac, role, scopes = [], values = {} } = principal
  const signIn = session?.operation ?? 'session.create'
  const circular = asksItself(name, data)
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
    ...(session?.code === undefined
      ? []
      : codeMistakes(session.code, session.input, data, (...rest) => at('session', 'code', ...rest))),
    ...(circular === null
      ? []
      : [
          {
            path: ['operations', circular, 'as'],
            key: false,
            expected: `somebody who can call ${circular} without having signed in by it`,
            seen: JSON.stringify(data.operations[circular]?.as),
            remedy: `leave it out where anybody may, or name the client whose credential ${circular} wants`,
          },
        ]),
    ...(hmac === undefined ? [] : hmacMistakes(hmac, (...rest) => at('hmac', ...rest))),
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

function codeMistakes(
  { request, to, find }: NonNullable<NonNullable<PrincipalData<Reference>['session']>['code']>,
  { email }: NonNullable<PrincipalData<Reference>['session']>['input'],
  { operations: declared, mail }: ProfileData,
  at: (...rest: Path) => Path,
): Mistake[] {
  const key = false
  return [
    ...(request in declared
      ? []
      : [unknown(at('request'), request, Object.keys(declared), 'an operation of this profile')]),
    ...(to !== undefined || typeof email === 'string'
      ? []
      : [
          {
            ...{
              path: at(),
              key,
              expected: 'to, or the input email: whoever gets the code',
              seen: 'neither',
            },
            remedy: 'write to: and an address whose mail ends in the sandbox',
          },
        ]),
    ...(mail.recipients !== undefined
      ? []
      : [
          {
            ...{ path: at(), key, expected: 'mail.recipients beside a code that is mailed', seen: 'none' },
            remedy: 'say how the mail of the target reaches the sandbox, where the code is read',
          },
        ]),
    ...(isRegularExpression(find)
      ? []
      : [
          {
            ...{ path: at('find'), key, expected: 'a regular expression', seen: JSON.stringify(find) },
            remedy: String.raw`correct it: code is (\d{6}), say`,
          },
        ]),
  ]
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'm') instanceof RegExp
  } catch {
    return false
  }
}

/** The call of its sign-in that it has to have signed in for; `null` where there is none. */
function asksItself(name: string, { principals, operations }: ProfileData): string | null {
  const callsOf = (who: string): string[] => {
    const session = principals[who]?.session
    return session === undefined ? [] : [session.operation ?? 'session.create', session.code?.request ?? '']
  }
  const leadsBack = (call: string, seen: ReadonlySet<string>): boolean => {
    const who = operations[call]?.as
    if (who === undefined || seen.has(who)) return false
    return who === name || callsOf(who).some((next) => leadsBack(next, new Set([...seen, who])))
  }
  return callsOf(name).find((call) => leadsBack(call, new Set())) ?? null
}

/** What the document has is known when it has been read. */
function mayBeDocumented(operation: string, { documented }: ProfileData): boolean {
  return documented !== undefined && /^[\w-]+\.[\w-]+$/.test(operation)
}

function allowedMistakes(allowed: Allowed, at: Path, known: readonly string[], data: ProfileData): Mistake[] {
  const own = typeof allowed !== 'string'
  const [name, path] = own ? [allowed.operation, [...at, 'operation']] : [allowed, at]
  if (!known.includes(name) && !mayBeDocumented(name, data))
    return [unknown(path, name, known, 'an operation')]
  if (!own || effectOf(name, data.operations[name] ?? {}) !== 'create') return []
  return [
    {
      ...{ path: [...at, 'of'], key: true, expected: 'an operation on what there is already' },
      ...{ seen: name, remedy: `write ${name} alone: what somebody makes is his own` },
    },
  ]
}

function tableMistakes(data: ProfileData): Mistake[] {
  const known = [
    ...new Set([...Object.keys(operations), ...pseudoOperations, ...Object.keys(data.operations)]),
  ]
  const kinds = [
    ...new Set([
      ...Object.keys(resources),
      ...Object.keys(data.operations).map((name) => partsOf(name).kind),
    ]),
  ]
  const kindMistakes = (named: readonly (string | SharedObject)[] = [], at: Path) =>
    named.flatMap((each, i) => {
      const [kind, path] = typeof each === 'string' ? [each, [...at, i]] : [each.kind, [...at, i, 'kind']]
      return kinds.includes(kind) || data.documented !== undefined
        ? []
        : [unknown(path, kind, kinds, 'a kind of operations')]
    })
  const { principal: limited, ...send } = data.policies?.limits?.send ?? {}
  const table = (part: 'roles' | 'scopes') =>
    Object.entries(data[part] ?? {}).flatMap(([name, allowed]) =>
      allowed === '*'
        ? []
        : [...allowed].flatMap((each, i) => allowedMistakes(each, [part, name, i], known, data)),
    )
  return [
    ...table('roles'),
    ...table('scopes'),
    ...kindMistakes(data.shared, ['shared']),
    ...webhookMistakes(data.policies?.webhooks?.scheme, ['policies', 'webhooks', 'scheme']),
    ...webhookMistakes(data.ingest?.scheme, ['ingest', 'scheme']),
    ...kindMistakes(data.policies?.keys?.projects?.kinds, ['policies', 'keys', 'projects', 'kinds']),
    ...((send.limit === undefined) === (send.window === undefined)
      ? []
      : [
          {
            path: ['policies', 'limits', 'send'],
            key: false,
            expected: 'limit and window together',
            seen: 'one of them',
            remedy: 'write what the target promises, and what you want to see beside it under demand',
          },
        ]),
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
