import { parseList } from 'structured-headers'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'

/**
 * Seconds until the target wants to be asked again, or `null` where it does not say: by Retry-After (RFC 9110 §10.2.3), else by
 * the limit that is used up of RateLimit (draft-ietf-httpapi-ratelimit-headers-10, and as draft 03 had it), else by one of the
 * fields that were usual before, in seconds from now or since 1970, as a date or a duration, else by a member of the answer. Some say by 503
 * that they have too much to do, and until when (RFC 9110 §15.6.4).
 */
export function retryAfter({ answer, response, startedAt, milliseconds }: Exchange): number | null {
  if (response === null) return null
  const isBusy = answer === 'broken' && response.status === 503
  if (answer !== 'limited' && !isBusy) return null
  const value = (name: string) => response.headers.find(([field]) => field === name)?.[1].trim()
  const now = startedAt + milliseconds
  const said = value('retry-after')
  // Seconds since 1970 are for no client that goes by the standard.
  if (said !== undefined) return Number(said) >= sinceEpoch ? null : secondsOf(said, now)
  if (isBusy) return null
  return (
    usedUp(value('ratelimit')) ??
    firstOf(fields, (name) => secondsOf(value(name), now)) ??
    firstOf(fieldsOfMilliseconds, (name) => inThousands(secondsOf(value(name), now))) ??
    inBody(response.body)
  )
}

const fields = [
  ...['ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset', 'x-ratelimit-reset-after'],
  ...['x-sib-ratelimit-reset', 'x-ratelimit-reset-requests', 'x-ratelimit-retry-after', 'x-retry-after'],
]
const fieldsOfMilliseconds = ['retry-after-ms', 'x-ms-retry-after-ms']

function firstOf(names: readonly string[], read: (name: string) => number | null): number | null {
  for (const name of names) {
    const seconds = read(name)
    if (seconds !== null) return seconds
  }
  return null
}

const inThousands = (value: number | null) => (value === null ? null : value / 1000)

/** As Discord, Telegram and others say it: at the top, or one level below it. */
function inBody(body: string): number | null {
  const answer = readJson(body)
  if (!isObject(answer)) return null
  for (const each of [answer, ...Object.values(answer).filter(isObject)]) {
    const seconds = each['retry_after'] ?? each['retryAfter'] ?? each['retry_after_seconds']
    if (typeof seconds === 'number' && seconds >= 0) return seconds
  }
  return null
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

/** Of a number, `1.5`; of a duration as Go writes it, `1m30s`; of a date. */
function secondsOf(value: string | undefined, now: number): number | null {
  if (value === undefined) return null
  if (/^\d{1,13}(?:\.\d{1,9})?$/.test(value)) return fromNow(Number(value), now)
  const [duration, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] =
    /^(?=\d)(?:(\d{1,4})h)?(?:(\d{1,4})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,6}(?:\.\d{1,9})?)ms)?$/.exec(
      value,
    ) ?? []
  if (duration !== undefined)
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(milliseconds) / 1000
  // What has no year is none, whatever the parser makes of it.
  const date = /\d{4}/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000)
}

function fromNow(number: number, now: number): number {
  if (number < sinceEpoch) return number
  const milliseconds = number < sinceEpoch * 1000 ? number * 1000 : number
  return Math.max(0, (milliseconds - now) / 1000)
}
