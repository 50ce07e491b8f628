import type { HttpResponse } from '../model.ts'

/**
 * For how many seconds browsers speak TLS alone with a host after this answer (RFC 6797 §6.1); `null` where they are not told.
 * Of several fields the first counts (§8.1), and where one is not well formed, none.
 */
export function secondsOfHsts(headers: HttpResponse['headers']): number | null {
  const [, value = ''] = headers.find(([name]) => name === 'strict-transport-security') ?? []
  const ages = value
    .split(';')
    .map((directive) => /^\s*max-age\s*=\s*(?:"(\d+)"|(\d+))\s*$/i.exec(directive))
    .flatMap((match) => (match === null ? [] : [Number(match[1] ?? match[2])]))
  return ages.length === 1 ? (ages[0] ?? null) : null
}
