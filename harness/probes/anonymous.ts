import type { HttpRequest } from '../model.ts'

/** A way to ask without a valid credential; `spell` gets a request without any. */
export interface AnonymousForm {
  readonly name: string
  spell(request: HttpRequest): HttpRequest
}

/** Values of Authorization that careless middleware takes for a credential. */
const hollow = ['', 'Bearer', 'Bearer null', 'Bearer undefined', 'Bearer [object Object]', 'Basic Og==']

const withHeaders =
  (...added: [string, string][]) =>
  (request: HttpRequest): HttpRequest => ({
    ...request,
    headers: [...request.headers, ...added],
  })

const withPath =
  (change: (path: string) => string) =>
  (request: HttpRequest): HttpRequest => {
    const [path = '/', ...query] = request.path.split('?')
    return { ...request, path: [change(path), ...query].join('?') }
  }

/** The path with its first letter in upper case: `/v1/keys` becomes `/V1/keys`. */
const capital = (path: string) => path.replace(/[a-z]/, (letter) => letter.toUpperCase())

/** WSTG-ATHN-04 and the differences between the paths that proxies, frameworks and middleware see. */
export const anonymousForms: readonly AnonymousForm[] = [
  { name: 'no credential', spell: (request) => request },
  ...hollow.map((value) => ({
    name: `Authorization: ${value || '(empty)'}`,
    spell: withHeaders(['authorization', value]),
  })),
  {
    name: 'two Authorization fields',
    spell: withHeaders(['authorization', 'Bearer null'], ['authorization', 'Basic Og==']),
  },
  { name: 'path with // in front', spell: withPath((path) => `/${path}`) },
  { name: 'path with /./', spell: withPath((path) => path.replace(/\/(?=[^/]*$)/, '/./')) },
  { name: 'path with /%2e/', spell: withPath((path) => path.replace(/\/(?=[^/]*$)/, '/%2e/')) },
  // Servlets drop what follows a semicolon, and resolve the dots that are left: `/v1/..;/v1/keys` is `/v1/keys`.
  { name: 'path with ..;/', spell: withPath((path) => `${/^\/[^/]*/.exec(path)?.[0] ?? ''}/..;${path}`) },
  { name: 'path with a / at its end', spell: withPath((path) => `${path}/`) },
  { name: 'path with .json at its end', spell: withPath((path) => `${path}.json`) },
  { name: 'path in another case', spell: withPath(capital) },
  { name: 'path in upper case', spell: withPath((path) => path.toUpperCase()) },
  {
    name: 'path with its letters percent-encoded',
    spell: withPath((path) => path.replace(/[a-z]/, (c) => `%${c.charCodeAt(0).toString(16)}`)),
  },
  ...['X-Original-URL', 'X-Rewrite-URL'].map((header) => ({
    name: `${header} in place of the path`,
    spell: (request: HttpRequest): HttpRequest => ({
      ...request,
      path: '/',
      headers: [...request.headers, [header, request.path] as const],
    }),
  })),
  {
    name: 'X-HTTP-Method-Override',
    spell: (request) => ({
      ...request,
      method: request.method === 'GET' ? 'POST' : 'GET',
      headers: [...request.headers, ['X-HTTP-Method-Override', request.method]],
    }),
  },
]
