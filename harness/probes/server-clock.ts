import { request as requestInClear } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { deadlineAfter } from './deadline.ts'

/**
 * By how many milliseconds a server's clock is ahead of ours, by its `Date` (RFC 9110 §6.6.1); `null` where it says nothing.
 * Asks `HEAD /` without any credential, whatever certificate the server has. Never throws for what the server does.
 */
export function serverClock(
  origin: string,
  { lookup, within }: { readonly lookup?: LookupFunction; readonly within: number },
): Promise<number | null> {
  const ask = new URL(origin).protocol === 'https:' ? request : requestInClear
  return new Promise((resolve) => {
    const asked = ask(new URL('/', origin), {
      method: 'HEAD',
      agent: false,
      rejectUnauthorized: false,
      signal: deadlineAfter(within),
      ...(lookup === undefined ? {} : { lookup }),
    })
    asked.on('response', ({ headers }) => {
      const theirs = Date.parse(headers.date ?? '')
      resolve(Number.isNaN(theirs) ? null : theirs - Date.now())
      asked.destroy()
    })
    asked.on('error', () => resolve(null))
    asked.end()
  })
}
