import type { DocumentedOperation, OpenApi, Parameter } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { PrincipalData, Reference } from '../profile/shape.ts'
import { isSafe, propertiesOf } from './schema.ts'

type Credential = Partial<PrincipalData<Reference>>

/** How callers prove who they are, and why it is taken so. */
export interface Scheme {
  readonly reason: string
  readonly unsure: boolean
  /** The credential of somebody, with variables named after him, as `SENDER_KEY`, or in this variable. */
  of(caller: string, key?: string): Credential
}

/** A reference to a variable of the environment. */
export function variable(name: string): string {
  return `\${env:${name}}`
}

const own = (caller: string, what: string, key?: string) => variable(key ?? `${caller.toUpperCase()}_${what}`)

/** The scheme that a call wants: of those that the document defines, or of what its calls take. */
export function schemeOf(
  { document, operations }: Pick<OpenApi, 'document' | 'operations'>,
  call: DocumentedOperation | undefined,
): Scheme {
  const { securitySchemes } = isObject(document['components']) ? document['components'] : {}
  const defined = isObject(securitySchemes) ? securitySchemes : {}
  // What is a key by itself is had sooner than a token that must be got.
  const named = [...(call?.schemes ?? []), ...Object.keys(defined)]
  const wanted = [...named].sort((a, b) => Number(isOfOauth(defined[a])) - Number(isOfOauth(defined[b])))
  for (const name of wanted) {
    const scheme = isObject(defined[name]) ? understood(defined[name], name) : null
    if (scheme !== null) return scheme
  }
  const field = credentialParameter(operations, 'header')
  if (field !== null) return inHeader(field)
  const parameter = credentialParameter(operations, 'query')
  if (parameter !== null) return inQuery(parameter)
  const members = credentialMembers(operations)
  if (members.length > 0) return inBody(members)
  return {
    reason: 'the document says nothing that is understood here: most APIs take a bearer token',
    unsure: true,
    of: (caller, key) => ({ bearer: own(caller, 'KEY', key) }),
  }
}

function isOfOauth(scheme: unknown): boolean {
  return isObject(scheme) && ['oauth2', 'openIdConnect'].includes(String(scheme['type']))
}

/** What more than half of the calls that could have it say is what they all want. */
function wantedByMost(calls: readonly (readonly string[])[]): string | null {
  const counts = Map.groupBy(calls.flat(), (name) => name)
  const [most] = [...counts].sort(([, a], [, b]) => b.length - a.length)
  return most !== undefined && most[1].length > calls.length / 2 ? most[0] : null
}

const credentialNames =
  /(?:^|-|_)(?:api-?_?key|(?:access|auth|api|server|account)-?_?token|token|authorization|secret|password)$/i

/**
 * The header field, or the query parameter that must be there, which most calls take for it where the document has no security
 * scheme.
 */
export function credentialParameter(
  calls: readonly DocumentedOperation[],
  place: 'header' | 'query',
): string | null {
  const isOne = ({ name, in: where, required }: Parameter) =>
    where === place && credentialNames.test(name) && isSafe(name) && (place === 'header' || required)
  return wantedByMost(
    calls.map(({ parameters }) => [...new Set(parameters.filter(isOne).map(({ name }) => name))]),
  )
}

/** Of a credential of two parts, what stands beside the key. */
const userNames = /^(?:api|auth)[-_]?(?:user(?:[-_]?name)?|id)$/i

/** The members of bodies that are the caller's credential, where most of them must have one of its name; the key is the last. */
export function credentialMembers(calls: readonly DocumentedOperation[]): string[] {
  const keys = requiredOf(
    calls,
    (name) => isSafe(name) && (/^key$/i.test(name) || credentialNames.test(name)),
  )
  const key = keys.length < fewest ? null : wantedByMost(keys)
  if (key === null) return []
  const user = wantedByMost(requiredOf(calls, (name) => userNames.test(name)))
  return user === null ? [key] : [user, key]
}

/** Of each body, the names of those properties that it must have. */
function requiredOf(calls: readonly DocumentedOperation[], wanted: (name: string) => boolean): string[][] {
  return calls.flatMap(({ body }) => {
    const media = Object.values(body ?? {}).find(isObject)
    if (media === undefined) return []
    const required = propertiesOf(media['schema']).filter(({ required }) => required)
    return [required.map(({ name }) => name).filter(wanted)]
  })
}

/** Of fewer bodies nothing follows from what most have. */
const fewest = 3

function inHeader(field: string): Scheme {
  return {
    reason: `most calls take the header field ${field}`,
    unsure: /^authorization$/i.test(field),
    of: (caller, key) =>
      /^authorization$/i.test(field)
        ? { bearer: own(caller, 'KEY', key) }
        : { headers: { [field]: own(caller, 'KEY', key) } },
  }
}

function inQuery(parameter: string): Scheme {
  return {
    reason: `most calls want the query parameter ${parameter}`,
    unsure: false,
    of: (caller, key) => ({ query: { [parameter]: own(caller, 'KEY', key) } }),
  }
}

function inBody(members: readonly string[]): Scheme {
  return {
    reason: `most bodies want ${members.join(' and ')}, taken for the caller's credential`,
    unsure: true,
    of: (caller, key) => ({
      body: Object.fromEntries(
        members.map((name) => [name, userNames.test(name) ? own(caller, 'USER') : own(caller, 'KEY', key)]),
      ),
    }),
  }
}

/** OpenAPI 3.1 section 4.8.27; `null` for what a profile cannot say without more. */
function understood(scheme: Readonly<Record<string, unknown>>, name: string): Scheme | null {
  const { type, scheme: http, in: where, name: field } = scheme
  const known = (reason: string, of: Scheme['of']): Scheme => ({
    reason: `the document's security scheme ${isSafe(name) ? name : ''}: ${reason}`,
    unsure: false,
    of,
  })
  if (type === 'http' && String(http).toLowerCase() === 'bearer')
    return known('a bearer token', (caller, key) => ({ bearer: own(caller, 'KEY', key) }))
  if (type === 'http' && String(http).toLowerCase() === 'basic')
    return known('user name and password', (caller, key) => ({
      basic: { username: own(caller, 'USER'), password: own(caller, 'KEY', key) },
    }))
  if (type === 'oauth2' || type === 'openIdConnect')
    return known('a token of OAuth, got beforehand', (caller, key) => ({ bearer: own(caller, 'TOKEN', key) }))
  if (type !== 'apiKey' || typeof field !== 'string' || !isSafe(field)) return null
  if (/^authorization$/i.test(field)) return inAuthorization(scheme['description'], known)
  if (where === 'query')
    return known(`the query parameter ${field}`, (caller, key) => ({
      query: { [field]: own(caller, 'KEY', key) },
    }))
  if (where === 'cookie')
    return known(`the cookie ${field}`, (caller, key) => ({
      headers: { Cookie: `${field}=${own(caller, 'KEY', key)}` },
    }))
  return known(`the header field ${field}`, (caller, key) => ({
    headers: { [field]: own(caller, 'KEY', key) },
  }))
}

/** RFC 9110 §11.6.2 wants a word before the key, and OpenAPI has no place for it but the description. */
function inAuthorization(description: unknown, known: (reason: string, of: Scheme['of']) => Scheme): Scheme {
  const word = wordBefore(typeof description === 'string' ? description.slice(0, 2000) : '')
  const bearer: Scheme['of'] = (caller, key) => ({ bearer: own(caller, 'KEY', key) })
  if (word === null)
    return {
      ...known('the header field Authorization, in which most want a bearer token', bearer),
      unsure: true,
    }
  if (/^bearer$/i.test(word)) return known('a bearer token, as its description says', bearer)
  return known(`the header field Authorization, with ${word} before the key`, (caller, key) => ({
    headers: { Authorization: `${word} ${own(caller, 'KEY', key)}` },
  }))
}

/** `required prefix "Token"`, `Token <your key>`; `null` where the description says neither. */
function wordBefore(description: string): string | null {
  const [, word] =
    /\bprefix(?:ed)?(?: with| by)?:? ?["'`“]([A-Za-z][A-Za-z-]{1,30}) ?["'`”]/i.exec(description) ??
    /([A-Za-z][A-Za-z-]{1,30}) [<{[][A-Za-z _-]{0,20}(?:token|key|jwt)/i.exec(description) ??
    []
  return word ?? null
}

/** Somebody who signs in by the target's own call, whose session is what it answers or a cookie. */
export function session(caller: string, isCookie: boolean): Credential {
  const input = { email: own(caller, 'EMAIL'), password: own(caller, 'PASSWORD') }
  return { session: { input, ...(isCookie ? { cookies: true } : {}) } }
}

/** The cookie of sessions: where the document has a key in one, and no bearer token beside it. `null` where it says nothing of one. */
export function sessionCookie({ document }: Pick<OpenApi, 'document'>): string | null {
  const { securitySchemes } = isObject(document['components']) ? document['components'] : {}
  const schemes = Object.values(isObject(securitySchemes) ? securitySchemes : {}).filter(isObject)
  const isBearer = ({ type, scheme }: Readonly<Record<string, unknown>>) =>
    type === 'http' && String(scheme).toLowerCase() === 'bearer'
  if (schemes.some(isBearer)) return null
  const name = schemes.find(({ type, in: where }) => type === 'apiKey' && where === 'cookie')?.['name']
  return typeof name === 'string' && isSafe(name) ? name : null
}
