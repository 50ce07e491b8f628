import type { DocumentedOperation, OpenApi } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import { operations, sendingOperations } from '../profile/operations.ts'
import type { OperationData, PrincipalData, Reference } from '../profile/shape.ts'
import { choicesOf, resultsOf, saysYes } from './answers.ts'
import type { SignIn } from './arazzo.ts'
import {
  credentialMembers,
  credentialParameter,
  schemeOf,
  session,
  sessionCookie,
  variable,
} from './callers.ts'
import { type Match, matchOperations, threshold } from './operations.ts'
import { namedInPath } from './paths.ts'
import { type Known, ownTemplate } from './request.ts'
import { isSafe } from './schema.ts'
import { plain } from './words.ts'

/** A value of the first profile, and what speaks for it. */
export interface Guess<Value> {
  readonly value: Value
  readonly reason: string
  readonly unsure: boolean
  /** From 0 to 1, where it can be said. */
  readonly confidence?: number
}

export interface FirstProfile {
  readonly principals: Readonly<Record<string, Guess<PrincipalData<Reference>>>>
  readonly operations: Readonly<Record<string, Guess<OperationData>>>
  /** The call of the document behind each operation. */
  readonly calls: Readonly<Record<string, DocumentedOperation>>
  readonly roles: Guess<Readonly<Record<string, '*'>>> | null
  readonly scopes: Guess<Readonly<Record<string, readonly string[]>>> | null
  /** Path of the key set of the target's tokens. */
  readonly jwks: Guess<string> | null
  /** The operations of ours that no call of the document was taken for. */
  readonly absent: readonly string[]
}

/** What an OpenAPI document lets one say of an email API without having asked it anything. */
export function guessProfile(
  api: Pick<OpenApi, 'document' | 'operations'>,
  signIn: SignIn | null = null,
): FirstProfile {
  const documented = api.operations
  const matches = matchOperations(documented, credentialOf(api)).filter(
    (match) => match.documented !== signIn?.call && (signIn === null || match.operation !== signsIn),
  )
  const call = (operation: string) =>
    operation === signsIn && signIn !== null
      ? signIn.call
      : matches.find((match) => match.operation === operation)?.documented
  const scopes = scopesOf(matches)
  const roles = rolesOf(call('user.create'))
  const values = [...outerParameters(matches), ...templateOf(matches)]
  const wellKnown = documented.find(({ path }) => path.endsWith('/jwks.json') || path.endsWith('/jwks'))
  return {
    principals: principals(api, call, { scopes, roles, values, signIn }),
    operations: {
      ...(signIn === null ? {} : { [signsIn]: asInWorkflow(signIn) }),
      ...Object.fromEntries(matches.map((match) => [match.operation, described(match)])),
    },
    calls: {
      ...(signIn === null ? {} : { [signsIn]: signIn.call }),
      ...Object.fromEntries(matches.map(({ operation, documented }) => [operation, documented])),
    },
    roles,
    scopes,
    jwks:
      wellKnown === undefined || !isSafe(wellKnown.path.replaceAll('/', ''))
        ? null
        : {
            value: wellKnown.path,
            reason: 'documented; tokens are taken for JWTs that it verifies',
            unsure: false,
          },
    absent: Object.keys(operations).filter((operation) => call(operation) === undefined),
  }
}

const signsIn = 'session.create'

function asInWorkflow({ operation, workflow }: SignIn): Guess<OperationData> {
  return {
    value: operation,
    reason: `as the workflow ${workflow} of the Arazzo document signs in`,
    unsure: false,
  }
}

function described(match: Match): Guess<OperationData> {
  const { operation, documented, body } = match
  const { expressions, assumed } = resultsOf(operation, documented)
  const { query, missing } = match.query
  const yes = saysYes(documented)
  const isLed = operation === 'sso.begin' && !('location' in expressions)
  const gaps = [...missing, ...(body?.missing ?? [])]
  const as =
    operations[operation]?.byNobody === true
      ? 'anonymous'
      : sendingOperations.includes(operation)
        ? 'sender'
        : null
  return {
    value: {
      method: documented.method,
      path: pathOf(operation, documented),
      ...(as === null ? {} : { as }),
      ...(Object.keys(query).length === 0 ? {} : { query }),
      ...(body === null ? {} : { [body.kind]: body.expression }),
      ...(yes === null ? {} : meanings(operation, yes)),
      ...(Object.keys(expressions).length === 0 ? {} : { result: expressions }),
      ...(isLed ? ledAway : {}),
    },
    reason: [
      ...match.reasons,
      ...(assumed ? ['the document says nothing of the answer: its result is what most give'] : []),
      ...(body !== null && body.samples.length > 0
        ? [`${body.samples.join(', ')} must be there and got a value of the document's own`]
        : []),
      ...(gaps.length > 0 ? [`PUT IN WHAT IS MISSING: ${gaps.join(', ')} must be there`] : []),
    ].join('; '),
    unsure: match.confidence < threshold || assumed || gaps.length > 0,
    confidence: match.confidence,
  }
}

/** Where the document has no URL in the answer, a browser is sent there by it. */
const ledAway = { accepted: 'status >= 300 and status < 400', result: { location: 'headers.location' } }

/** A no with a status of success: of one object that it is not there, else that it is not allowed. */
function meanings(operation: string, yes: string): Partial<OperationData> {
  const { effect, object } = operations[operation] ?? {}
  const no = `body.${yes} = false`
  const accepted = `status >= 200 and status < 300 and $not(${no})`
  return effect === 'read' && object
    ? { accepted, missing: `status in [404, 410] or (status < 300 and ${no})` }
    : { accepted, refused: `status in [401, 403] or (status < 300 and ${no})` }
}

const parameter = /\{([^{}]*)\}/g

/** The last parameter names the object, where the operation has one; those before it say whose it is. */
function pathOf(operation: string, { path }: DocumentedOperation): string {
  const own = namedInPath(operation, path)
  const last = parameterNames(path).length - 1
  let count = 0
  return path.replace(parameter, (_, name: string) =>
    count++ === last && own !== null ? `{${own}}` : `{principal.${valueName(name)}}`,
  )
}

function parameterNames(path: string): string[] {
  return [...path.matchAll(parameter)].map(([, name]) => name ?? '')
}

function valueName(parameter: string): string {
  return plain(parameter) || 'value'
}

/** The values that each principal must have, for what stands in paths before the object itself. */
function outerParameters(matches: readonly Match[]): string[] {
  const named = matches.flatMap(({ operation, documented }) =>
    [...pathOf(operation, documented).matchAll(/\{principal\.(\w+)\}/g)].map(([, name]) => name ?? ''),
  )
  return [...new Set(named)]
}

/** The value that says which stored template to send by, where nothing else is sent. */
function templateOf(matches: readonly Match[]): string[] {
  return matches.some(({ body }) => body?.expression.includes(`$principal.${ownTemplate}`) === true)
    ? [ownTemplate]
    : []
}

/** The credential of callers, where it is in bodies or queries and the document has no security scheme. */
function credentialOf({ document, operations: documented }: Pick<OpenApi, 'document' | 'operations'>): Known {
  const { securitySchemes } = isObject(document['components']) ? document['components'] : {}
  if (isObject(securitySchemes) && Object.keys(securitySchemes).length > 0) return {}
  if (credentialParameter(documented, 'header') !== null) return { credential: credentialMembers(documented) }
  const parameter = credentialParameter(documented, 'query')
  return parameter === null ? { credential: credentialMembers(documented) } : { parameter }
}

/** Which operations each scope allows, where the document says what its calls ask for. */
function scopesOf(matches: readonly Match[]): FirstProfile['scopes'] {
  const pairs = matches.flatMap(({ operation, documented }) =>
    documented.scopes.filter(isScope).map((scope) => [scope, operation] as const),
  )
  if (pairs.length === 0) return null
  const table = Map.groupBy(pairs, ([scope]) => scope)
  return {
    value: Object.fromEntries(
      [...table].map(([scope, all]) => [scope, all.map(([, operation]) => operation)]),
    ),
    reason: 'what the document asks for at each call',
    unsure: false,
  }
}

function isScope(text: string): boolean {
  return /^[\w.:/-]{1,100}$/.test(text)
}

function rolesOf(invite: DocumentedOperation | undefined): FirstProfile['roles'] {
  const admin = choicesOf(invite, 'role').find(
    (role) => isSafe(role) && /^(admin|administrator|owner)$/i.test(role),
  )
  return admin === undefined
    ? null
    : {
        value: { [admin]: '*' },
        reason: 'a role that users are made with; taken for one that may do all',
        unsure: true,
      }
}

function principals(
  api: Pick<OpenApi, 'document' | 'operations'>,
  call: (operation: string) => DocumentedOperation | undefined,
  {
    scopes,
    roles,
    values,
    signIn,
  }: Pick<FirstProfile, 'scopes' | 'roles'> & { values: readonly string[]; signIn: SignIn | null },
): FirstProfile['principals'] {
  const scheme = schemeOf(api, call('message.send'))
  const isSignedIn = call(signsIn) !== undefined
  const cookie = signIn === null ? sessionCookie(api) : null
  const sessionOf = (caller: string) =>
    signIn === null ? session(caller, cookie !== null) : { session: signIn.of(caller) }
  const [role] = Object.keys(roles?.value ?? {})
  const sends = Object.entries(scopes?.value ?? {}).filter(([, allowed]) => allowed.includes('message.send'))
  const own = (caller: string) => ({
    ...(role === undefined ? {} : { role }),
    ...credentials(isSignedIn ? sessionOf(caller) : scheme.of(caller), valuesOf(caller, values)),
  })
  const how = !isSignedIn
    ? scheme.reason
    : `signs in by session.create${cookie === null ? '' : `, and has the cookie ${cookie} from then on`}`
  const unsure = !isSignedIn && scheme.unsure
  return {
    admin: {
      value: { tenant: 'own', ...own('admin') },
      reason: `somebody who may do everything in a tenant that is yours for tests; ${how}`,
      unsure,
    },
    neighbour: {
      value: { tenant: 'other', ...own('neighbour') },
      reason: `the same in another tenant; without a second one delete it; ${how}`,
      unsure,
    },
    sender: {
      value: {
        tenant: 'own',
        ...(sends.length === 0 ? {} : { scopes: sends.map(([scope]) => scope) }),
        ...credentials(scheme.of('sender'), valuesOf('sender', values)),
      },
      reason: `a key of the first tenant that may send and nothing else; ${scheme.reason}`,
      unsure: scheme.unsure,
    },
    anonymous: { value: { none: true }, reason: 'nobody', unsure: false },
  }
}

type Caller = Partial<PrincipalData<Reference>>

/** A credential beside what else is somebody's own. */
export function credentials(credential: Caller, own: Caller): Caller {
  return { ...own, ...credential }
}

/** What is a tenant's own and no secret: what stands in paths, and where another tenant sends from. */
function valuesOf(caller: string, paths: readonly string[]): Partial<PrincipalData<Reference>> {
  const names = caller === 'neighbour' ? ['from', ...paths] : paths
  if (names.length === 0) return {}
  // Every shell has a USER and a HOST of its own.
  const whose = caller === 'neighbour' ? 'NEIGHBOUR_' : 'TARGET_'
  return { values: Object.fromEntries(names.map((name) => [name, variable(whose + name.toUpperCase())])) }
}
