import type { SetCookie } from 'cookie'

/**
 * Whether some browser sends the cookie with a request that a page of another site has it make (RFC 6265bis §5.6.7.1): `None` always,
 * `Lax` where a link is followed. Without a word of it Firefox and Safari send it, and Chromium for two minutes.
 */
export function isSentAcrossSites({ sameSite }: SetCookie, method: string): boolean {
  if (sameSite === 'strict' || sameSite === true) return false
  return sameSite === 'lax' ? method === 'GET' : true
}

/** What a cookie of a session should say of itself; named as a variant. */
export interface CookieFault {
  readonly name: string
  readonly is: boolean
  readonly expected: string
  readonly actual: string
}

/** `protocol`: of the API's own URL, as `https:`. */
export function cookieFaults(
  { name, secure, httpOnly, sameSite }: SetCookie,
  protocol: string,
): CookieFault[] {
  const faults = [
    {
      ...{ name: 'HttpOnly', is: httpOnly !== true },
      expected: 'HttpOnly, so that no script reads it',
      actual: `each script of its pages reads the cookie ${name}`,
    },
    {
      ...{ name: 'SameSite', is: sameSite === undefined },
      expected: 'SameSite=Lax or Strict, or None where other sites are to use it',
      actual: `the cookie ${name} leaves it to the browser which sites may use it`,
    },
  ]
  if (protocol !== 'https:') return faults
  const inClear = {
    ...{ name: 'Secure', is: secure !== true },
    expected: 'Secure, so that no browser sends it in clear text',
    actual: `the cookie ${name} is sent to http as well`,
  }
  return [inClear, ...faults]
}
