import { parseList } from 'structured-headers'
import type { Exchange } from '../model.ts'

/**
 * Seconds until the target wants to be asked again, or `null` where it does not say: by Retry-After (RFC 9110 §10.2.3), else by
 * the limit that is used up of RateLimit (draft-ietf-httpapi-ratelimit-headers-10, and as draft 03 had it), else by
 * RateLimit-Reset or X-RateLimit-Reset, in seconds from now or since 1970. Some say by 503 that they have too much to do, and until
 * when (RFC 9110 §15.6.4).
 */
export function retryAfter({ answer, response, startedAt, milliseconds }: Exchange): number | null {
  if (response === null) return null
  const isBusy = answer === 'broken' && response.status === 503
  if (answer !== 'limited' && !isBusy) return null
  const value = (name: string) => response.headers.find(([field]) => field === name)?.[1].trim()
  const now = startedAt + milliseconds
  const said = value('retry-after')
  if (said !== undefined) {
    if (/^\d{1,9}$/.test(said)) return Number(said)
    const date = Date.parse(said)
    return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000)
  }
  if (isBusy) return null
  const reset = value('ratelimit-reset') ?? value('x-ratelimit-reset')
  return usedUp(value('ratelimit')) ?? resetOf(reset, now)
}

/** Of the limits that the field tells of, `"name";r=0;t=6` or `remaining=0, reset=6`, the longest that has nothing left. */
function usedUp(field: string | undefined): number | null {
  if (field === undefined) return null
  const [, before] = /(?:^|,)\s*reset=(\d{1,9})\s*(?:,|$)/.exec(field) ?? []
  if (before !== undefined) return Number(before)
  try {
    const resets = parseList(field).flatMap(([, limit]) => {
      const [left, seconds] = [limit.get('r'), limit.get('t')]
      return left === 0 && typeof seconds === 'number' ? [seconds] : []
    })
    return resets.length === 0 ? null : Math.max(...resets)
  } catch {
    return null
  }
}

/** Later than any number of seconds that somebody would wait. */
const sinceEpoch = 1_000_000_000

function resetOf(value: string | undefined, now: number): number | null {
  if (value === undefined || !/^\d{1,13}$/.test(value)) return null
  const number = Number(value)
  if (number < sinceEpoch) return number
  const milliseconds = number < sinceEpoch * 1000 ? number * 1000 : number
  return Math.max(0, (milliseconds - now) / 1000)
}
