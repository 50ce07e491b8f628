import type { HttpRequest, HttpResponse } from '../model.ts'
import { inBase64, plainly } from '../spellings.ts'

/** Where an answer holds this secret, in whatever spelling, as the end of “it stands in …”; `null` where it does not. */
export function placeIn(
  { headers, body }: Pick<HttpResponse, 'headers' | 'body'>,
  secret: string,
): string | null {
  const field = headers.find(([, value]) => holds(value, secret))
  if (field !== undefined) return `the field ${field[0]}`
  return holds(body, secret) ? 'the body' : null
}

function holds(text: string, secret: string): boolean {
  return (
    plainly(text).text.includes(plainly(secret).text) || inBase64(secret).some((form) => text.includes(form))
  )
}

/** Words by which APIs take a key from a query. */
export const wordsForKeys = [
  ...['api_key', 'apikey', 'api-key', 'key', 'x-api-key', 'access_token', 'accessToken'],
  ...['token', 'auth', 'auth_token', 'authorization', 'secret', 'jwt'],
]

/** A request that shows a secret, and that is answered by an error or a redirect where it is answered at all as it should. */
export interface Stumble {
  readonly name: string
  change(request: HttpRequest): HttpRequest
}

const inPath = (change: (path: string) => string) => (request: HttpRequest) => {
  const [path = '/', ...query] = request.path.split('?')
  return { ...request, path: [change(path), ...query].join('?') }
}

/** Reads all of them, of which none changes anything. `secret` is what the request shows. */
export function stumbles(secret: string): Stumble[] {
  const withScheme = (write: (value: string) => string) => (request: HttpRequest) => ({
    ...request,
    headers: request.headers.map(
      ([name, value]) => [name, value.includes(secret) ? write(value) : value] as const,
    ),
  })
  return [
    { name: 'a path that is not there', change: inPath((path) => `${path}/nowhere`) },
    { name: 'a slash behind the path', change: inPath((path) => `${path}/`) },
    { name: 'two slashes before the path', change: inPath((path) => `/${path}`) },
    { name: 'a path that no router reads', change: inPath((path) => `${path}/%zz`) },
    { name: 'a method that repeats', change: (request) => ({ ...request, method: 'TRACE' }) },
    { name: 'another scheme', change: withScheme((value) => `Token ${value.replace(/^\w+ /, '')}`) },
    { name: 'more behind the key', change: withScheme((value) => `${value} more`) },
    { name: 'the key twice', change: withScheme((value) => `${value}, ${value}`) },
  ]
}
