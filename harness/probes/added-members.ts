import { isObject, readJson } from '../json.ts'
import type { HttpRequest } from '../model.ts'

export type Members = Readonly<Record<string, unknown>>

/**
 * The request with these members in its body besides, JSON or a form, over those of the same name; where a JSON body wraps its
 * object in a single member, in that as well. `null` where the body is neither.
 */
export function withMembers(request: HttpRequest, members: Members): HttpRequest | null {
  const { body, headers } = request
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (typeof body !== 'string') return null
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const form = new URLSearchParams(body)
    for (const [name, value] of Object.entries(members)) form.set(name, asText(value))
    return { ...request, body: form.toString() }
  }
  const object = readJson(body)
  if (!isObject(object)) return null
  const [[wrapper, inner] = [], ...others] = Object.entries(object)
  const wrapped =
    wrapper !== undefined && others.length === 0 && isObject(inner)
      ? { [wrapper]: { ...inner, ...members } }
      : {}
  return { ...request, body: JSON.stringify({ ...object, ...members, ...wrapped }) }
}

/** The request with these parameters at the end of its query. */
export function withParameters(
  request: HttpRequest,
  parameters: readonly (readonly [name: string, value: string])[],
): HttpRequest {
  const { path } = request
  const query = new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString()
  return { ...request, path: `${path}${path.includes('?') ? '&' : '?'}${query}` }
}

/** As forms have it. */
function asText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
