import type { HttpRequest } from '../model.ts'
import { clientAddressHeaders } from './corpora.ts'

/** A way to look like somebody new to a limiter; `n`, from 1 to 250, is another one for every request. */
export interface LimitBypass {
  readonly name: string
  change(request: HttpRequest, n: number): HttpRequest
}

const withHeader = (request: HttpRequest, name: string, value: string): HttpRequest => ({
  ...request,
  headers: [...request.headers, [name, value]],
})

const withPath = (change: (path: string) => string) => (request: HttpRequest) => ({
  ...request,
  path: change(request.path),
})

/** Fields that a limiter may count by though the caller writes them himself (CWE-348). */
export const fieldBypasses: readonly LimitBypass[] = [
  ...clientAddressHeaders({ ip: '192.0.2.1', n: '1' }).map(({ name, header }, at) => ({
    name,
    change: (request: HttpRequest, n: number) => {
      const claim = clientAddressHeaders({ ip: `192.0.2.${n}`, n: n.toString(16) })[at]
      return withHeader(request, header, claim?.value ?? '')
    },
  })),
  { name: 'user agent', change: (request, n) => withHeader(request, 'User-Agent', `agent/${n}`) },
  { name: 'cookie', change: (request, n) => withHeader(request, 'Cookie', `session=${n}`) },
]

/** The same, and spellings of one path (CWE-799). */
export const limitBypasses: readonly LimitBypass[] = [
  ...fieldBypasses,
  {
    name: 'query',
    change: (request, n) => withPath((path) => `${path}${path.includes('?') ? '&' : '?'}x=${n}`)(request),
  },
  { name: 'slash at the end', change: withPath((path) => `${path}/`) },
  { name: 'double slash', change: withPath((path) => path.replace(/\/(?=[^/]*$)/, '//')) },
  { name: 'upper case', change: withPath((path) => path.toUpperCase()) },
]
