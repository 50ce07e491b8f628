import type { HttpRequest, HttpResponse } from '../model.ts'

/** What is wrong with how an answer that is for one caller alone speaks to caches (RFC 9111 §5.2.2); `null` for nothing. */
export function cacheFault(headers: HttpResponse['headers']): string | null {
  const values = headers.filter(([name]) => name === 'cache-control').map(([, value]) => value)
  const directives = values
    .join(',')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim())
  if (directives.includes('no-store')) return null
  return values.length === 0 ? 'no Cache-Control at all' : `Cache-Control: ${values.join(', ')}`
}

/** Spellings of a path that a cache takes for a file, and some routers for the route before it; `name` is nobody else's. */
export function namedLikeAFile(
  name: string,
): { readonly name: string; spell(request: HttpRequest): HttpRequest }[] {
  return ['/', ';', '%2f', '%00', '%23', '?'].map((between) => ({
    name: `path that ends in ${between}….css`,
    spell: (request) => {
      const [path = '/'] = request.path.split('?')
      return { ...request, path: `${path}${between}${name}.css` }
    },
  }))
}
