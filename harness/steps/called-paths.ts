import { isUrl } from '../profile/authorization.ts'
import type { Profile } from '../profile/shape.ts'

interface Called {
  readonly method: string
  readonly origin: string
  readonly path: string
}

/** Without its query. */
const plain = (path: string) => path.replace(/\?.*$/s, '')
const steps = (path: string) => plain(path).split('/')
const parameter = /\{[^{}]*\}/

/** A path is one of these: step by step the same, where a step with a parameter stands for any. Case is nothing to it. */
export function fits(path: string, template: string): boolean {
  const [given, wanted] = [steps(path), steps(template)]
  return (
    given.length === wanted.length &&
    wanted.every((step, at) => parameter.test(step) || step.toLowerCase() === given[at]?.toLowerCase())
  )
}

/** An operation of the profile asks for it so, or its document is there, or a page of it. */
export function isCalled(
  { method, origin, path }: Called,
  { target, operations, openapi = '', pages = {} }: Profile,
): boolean {
  const own = new URL(target.url)
  const below = own.pathname.replace(/\/+$/, '')
  const named = [
    openapi,
    ...Object.values(pages).map(({ url = '' }) => (url.startsWith('/') ? `${target.url}${url}` : url)),
  ]
  if (named.some((url) => isUrl(url) && isAt(new URL(url), origin, path))) return true
  return (
    origin === own.origin &&
    Object.values(operations).some(
      (operation) => operation.method === method && fits(path, `${below}${operation.path}`),
    )
  )
}

function isAt(url: URL, origin: string, path: string): boolean {
  return url.origin === origin && fits(path, url.pathname)
}
