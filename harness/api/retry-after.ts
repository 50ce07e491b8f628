import type { Exchange } from '../model.ts'

/** Seconds until the target wants to be asked again (RFC 9110 section 10.2.3), or `null` where it says nothing. */
export function retryAfter({ answer, response, startedAt, milliseconds }: Exchange): number | null {
  if (answer !== 'limited' || response === null) return null
  const value = response.headers.find(([name]) => name === 'retry-after')?.[1].trim()
  if (value === undefined) return null
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, (date - startedAt - milliseconds) / 1000)
}
