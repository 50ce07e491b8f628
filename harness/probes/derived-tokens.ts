import { createHash } from 'node:crypto'

/** What of a token that was mailed anybody may know. */
export interface Known {
  readonly email: string
  /** Between which it was made, in epoch milliseconds by its maker's clock. */
  readonly from: number
  readonly to: number
}

/** Bytes of their hashes. */
const algorithms = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const

/** The hashes that are spelled like a token: in hexadecimal, or in base64url. */
function spelledLike(token: string) {
  const encoding = /^[\da-f]+$/i.test(token) ? 'hex' : 'base64url'
  const length = (bytes: number) => (encoding === 'hex' ? 2 * bytes : Math.ceil((4 * bytes) / 3))
  return Object.entries(algorithms).flatMap(([algorithm, bytes]) =>
    length(bytes) === token.length ? [{ algorithm, encoding } as const] : [],
  )
}

/** What a token is the hash of: the address, the time in seconds or milliseconds, or both in a row. `null` where it is of none of these. */
export function derivationOf(token: string, { email, from, to }: Known): string | null {
  const hashes = spelledLike(token)
  const plain = hashes.some(({ encoding }) => encoding === 'hex') ? token.toLowerCase() : token
  const isOf = (text: string) =>
    hashes.find(({ algorithm, encoding }) => createHash(algorithm).update(text).digest(encoding) === plain)
      ?.algorithm
  if (hashes.length === 0) return null
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
