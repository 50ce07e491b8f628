import type { DocumentedOperation } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import type { PrincipalData, Reference } from '../profile/shape.ts'
import { isSafe } from './schema.ts'

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

/** The scheme that a call wants, of those that the document defines. */
export function schemeOf(
  document: Readonly<Record<string, unknown>>,
  call: DocumentedOperation | undefined,
): Scheme {
  const { securitySchemes } = isObject(document['components']) ? document['components'] : {}
  const defined = isObject(securitySchemes) ? securitySchemes : {}
  const wanted = [...(call?.schemes ?? []), ...Object.keys(defined)]
  for (const name of wanted) {
    const scheme = isObject(defined[name]) ? understood(defined[name], name) : null
    if (scheme !== null) return scheme
  }
  return {
    reason: 'the document says nothing that is understood here: most APIs take a bearer token',
    unsure: true,
    of: (caller, key) => ({ bearer: own(caller, 'KEY', key) }),
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
  if (/^authorization$/i.test(field))
    return {
      ...known('the header field Authorization, in which most want a bearer token', (caller, key) => ({
        bearer: own(caller, 'KEY', key),
      })),
      unsure: true,
    }
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

/** Somebody who signs in by the target's own call. */
export function session(caller: string): Credential {
  return { session: { input: { email: own(caller, 'EMAIL'), password: own(caller, 'PASSWORD') } } }
}
