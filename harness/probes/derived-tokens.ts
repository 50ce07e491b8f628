import { createHash } from 'node:crypto'

/** What of a token that was mailed anybody may know. */
export interface Known {
  readonly email: string
  /** Between which it was made, in epoch milliseconds by its maker's clock. */
  readonly from: number
  readonly to: number
}

const algorithms = ['md5', 'sha1', 'sha256', 'sha512'] as const
/** As long as no beginning of a hash is by chance. */
const shortest = 16

/**
 * What a token is the hash of, or its beginning: the address, the time in seconds or milliseconds, or both in a row. `null` where it is
 * of none of these.
 */
export function derivationOf(token: string, { email, from, to }: Known): string | null {
  if (token.length < shortest) return null
  const isOf = (text: string) =>
    algorithms.find((algorithm) => {
      const hash = createHash(algorithm).update(text).digest()
      return [hash.toString('hex'), hash.toString('base64url')].some((each) =>
        each.startsWith(/^[\dA-F]+$/.test(token) ? token.toLowerCase() : token),
      )
    })
  const addresses = [...new Set([email, email.toLowerCase()])]
  for (const address of addresses) {
    const algorithm = isOf(address)
    if (algorithm !== undefined) return `${algorithm} of the address`
  }
  const seconds = Math.floor(from / 1000)
  const times = [
    ...Array.from({ length: Math.floor(to / 1000) - seconds + 1 }, (_, i) => seconds + i),
    ...Array.from(
      { length: Math.max(0, Math.floor(to) - Math.floor(from) + 1) },
      (_, i) => Math.floor(from) + i,
    ),
  ]
  for (const time of times) {
    const alone = isOf(String(time))
    if (alone !== undefined) return `${alone} of the time`
    for (const address of addresses)
      for (const between of ['', ':', '|', '-', '.'])
        for (const text of [`${address}${between}${time}`, `${time}${between}${address}`]) {
          const both = isOf(text)
          if (both !== undefined) return `${both} of address and time`
        }
  }
  return null
}
