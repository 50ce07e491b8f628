import { parseSetCookie, type SetCookie } from 'cookie'
import type { HttpResponse } from './model.ts'

/**
 * The cookies that an answer sets, with their values as they are; those that it takes away are left out, and of those that it sets
 * twice, the last is kept, as browsers do (RFC 6265 §5.3).
 */
export function cookiesSetBy(response: Pick<HttpResponse, 'headers'> | null): SetCookie[] {
  const set = (response?.headers ?? [])
    .filter(([name]) => name === 'set-cookie')
    .map(([, field]) => parseSetCookie(field, { decode: (value) => value }))
  const kept = new Map(
    set.map((cookie) => [JSON.stringify([cookie.name, cookie.domain, cookie.path]), cookie]),
  )
  return [...kept.values()].filter(
    ({ name, value = '', ...cookie }) => name !== '' && value !== '' && !isTakenAway(cookie),
  )
}

/** By its own word it has ended: Max-Age tells before Expires (RFC 6265 §5.3). */
function isTakenAway({ maxAge, expires }: Pick<SetCookie, 'maxAge' | 'expires'>): boolean {
  return maxAge === undefined ? expires !== undefined && expires.getTime() <= Date.now() : maxAge <= 0
}
