import { effectOf, furtherMistake, partsOf } from './further-operations.ts'
import { hmacMistakes } from './hmac-mistakes.ts'
import { operationMistakes } from './operation-mistakes.ts'
import { operations, pseudoOperations, resources } from './operations.ts'
import type { Mistake } from './schema.ts'
import type { Allowed, ProfileData } from './shape.ts'
import { surroundingMistakes } from './surroundings.ts'
import { type Path, unknown } from './unknown-name.ts'

/** What the schema cannot say: names that must be known, parts that must fit each other, expressions that must hold. */
export async function meaningMistakes(data: ProfileData): Promise<Mistake[]> {
  const perOperation = Object.entries(data.operations).map(([name, operation]) => {
    const none = name in operations ? null : furtherMistake(name, operation, data.operations)
    return none === null ? operationMistakes(name, operation, data) : [none]
  })
  return [
    ...(await Promise.all(perOperation)).flat(),
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
    ...(session === undefined || !asksItself(name, data)
      ? []
      : [
          {
            path: ['operations', signIn, 'as'],
            key: false,
            expected: `somebody who can call ${signIn} without having signed in by it`,
            seen: JSON.stringify(data.operations[signIn]?.as),
            remedy: `leave it out where anybody may, or name the client whose credential ${signIn} wants`,
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

/** To sign in it has to be signed in. */
function asksItself(name: string, { principals, operations }: ProfileData): boolean {
  const seen = new Set<string>()
  for (let who: string | undefined = name; who !== undefined && !seen.has(who); ) {
    seen.add(who)
    const session: { operation?: string } | undefined = principals[who]?.session
    who = session && operations[session.operation ?? 'session.create']?.as
    if (who === name) return true
  }
  return false
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
    ...(data.shared ?? []).flatMap((kind, i) =>
      kinds.includes(kind) || data.documented !== undefined
        ? []
        : [unknown(['shared', i], kind, kinds, 'a kind of operations')],
    ),
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
