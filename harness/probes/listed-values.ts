import type { HttpRequest } from '../model.ts'

/** The request with a list where its body has that text: an array of JSON, or in a form each under the name with `[]`. */
export function withList(request: HttpRequest, text: string, list: readonly string[]): HttpRequest {
  const { body, headers } = request
  if (typeof body !== 'string') return request
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const pairs = [...new URLSearchParams(body)].flatMap(([name, value]) =>
      value === text ? list.map((each) => [`${name}[]`, each]) : [[name, value]],
    )
    return { ...request, body: new URLSearchParams(pairs).toString() }
  }
  const listed = JSON.parse(body, (_, value: unknown) => (value === text ? list : value))
  return { ...request, body: JSON.stringify(listed) }
}
