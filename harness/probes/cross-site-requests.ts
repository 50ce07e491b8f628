import { isObject, readJson } from '../json.ts'
import type { HttpRequest } from '../model.ts'

/** A request that a page of any site can have a browser send without a word of the target before (Fetch §3.3.5, no preflight). */
export interface CrossSiteRequest {
  readonly name: string
  readonly request: HttpRequest
}

/** What such a page can write; the rest is the browser's, or is asked for first. */
const simpleFields = ['accept', 'accept-language', 'content-language', 'content-type']

/** A request with a body of such a type is not asked for first (Fetch §2.2.2). */
const simpleTypes = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i

/** By what name frameworks have it that a request means another method than it has (Rails, Laravel, Symfony, method-override). */
const methodParameter = '_method'

/**
 * All ways in which a page may have that call made: with its JSON called a text, or nothing at all, or sent as a form, by GET, or
 * with its method as a parameter. None for a call that carries what no page can send.
 */
export async function crossSiteRequests(call: HttpRequest): Promise<CrossSiteRequest[]> {
  const headers = call.headers.filter(([name]) => simpleFields.includes(name.toLowerCase()))
  const as = (type: string | null, body: HttpRequest['body']): HttpRequest => ({
    ...call,
    method: 'POST',
    headers: [
      ...headers.filter(([name]) => name.toLowerCase() !== 'content-type'),
      ...(type === null ? [] : [['content-type', type] as const]),
    ],
    body,
  })
  const naming = (request: HttpRequest): HttpRequest => withQuery(request, [[methodParameter, call.method]])
  const get: HttpRequest = { ...as(null, null), method: 'GET' }
  const text = 'text/plain;charset=UTF-8'
  const { body } = call
  if (call.method !== 'POST')
    return [
      { name: 'a POST that names its method', request: naming(as(body === null ? null : text, body)) },
      ...(body === null ? [{ name: 'a GET that names its method', request: naming(get) }] : []),
    ]
  if (body === null)
    return [
      { name: 'a POST', request: as(null, null) },
      { name: 'a GET that names its method', request: naming(get) },
    ]
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? null
  if (simpleTypes.test(type ?? '')) return [{ name: 'as it is', request: as(type, body) }]
  const members = typeof body === 'string' ? readJson(body) : undefined
  if (!isObject(members)) return [{ name: 'its body as text', request: as(text, body) }]
  const fields = flat(members)
  const form = new FormData()
  for (const [name, value] of fields) form.append(name, value)
  const parts = new Response(form)
  return [
    { name: 'JSON as text', request: as(text, body) },
    { name: 'JSON without a type', request: as(null, body) },
    { name: 'JSON as text that names JSON', request: as('text/plain; application/json', body) },
    {
      name: 'a form',
      request: as('application/x-www-form-urlencoded', String(new URLSearchParams(fields))),
    },
    {
      name: 'a form of several parts',
      request: as(parts.headers.get('content-type'), Buffer.from(await parts.arrayBuffer())),
    },
    { name: 'a GET with its members as parameters', request: withQuery(get, fields) },
  ]
}

/** Where a request comes from, in a browser's own words. */
export interface Sender {
  /** The origin of the page. */
  readonly origin: string
  /** The field of a cookie that the browser has. */
  readonly cookie: string
  /** It tells of sites (Fetch Metadata); browsers from before 2023 may not. */
  readonly tellsOfSites?: boolean
}

/** The same as a browser sends it for a page of that origin: of a link that is followed, it tells no origin. */
export function sentBy(request: HttpRequest, { origin, cookie, tellsOfSites = true }: Sender): HttpRequest {
  const isLink = request.method === 'GET'
  const metadata = [
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-mode', isLink ? 'navigate' : 'no-cors'],
    ['sec-fetch-dest', isLink ? 'document' : 'empty'],
  ] as const
  return {
    ...request,
    headers: [
      ...request.headers,
      ...(isLink ? [] : [['origin', origin] as const]),
      ...(tellsOfSites ? metadata : []),
      ['cookie', cookie],
    ],
  }
}

function withQuery(request: HttpRequest, fields: readonly (readonly [string, string])[]): HttpRequest {
  const query = String(new URLSearchParams(fields.map(([name, value]) => [name, value])))
  return { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}${query}` }
}

/** As most frameworks read the names of fields: `a[b]` for what is within, `a[0]` for what is in a list. */
function flat(members: Readonly<Record<string, unknown>>): [string, string][] {
  const all = (name: string, value: unknown): [string, string][] => {
    if (value === null || value === undefined) return []
    if (typeof value !== 'object') return [[name, String(value)]]
    return Object.entries(value).flatMap(([key, each]) => all(`${name}[${key}]`, each))
  }
  return Object.entries(members).flatMap(([name, value]) => all(name, value))
}
