/** Consecutive IPv4 addresses. */
export interface AddressRange {
  readonly size: number
  /** The one at this place, from 0 on. */
  at(place: number): string
}

/** Of CIDR notation (RFC 4632); `null` for anything else. */
export function addressRange(cidr: string): AddressRange | null {
  const [, address = '', bits = ''] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? []
  const prefix = Number(bits)
  const octets = address.split('.').map(Number)
  if (bits === '' || prefix > 32 || octets.some((octet) => octet > 255)) return null
  const size = 2 ** (32 - prefix)
  const asked = octets.reduce((number, octet) => number * 256 + octet, 0)
  const first = asked - (asked % size)
  return { size, at: (place) => spelt(first + place) }
}

/** Both halves of it, in CIDR notation; `null` where it is no range, or of one address. */
export function halvesOf(cidr: string): readonly [string, string] | null {
  const range = addressRange(cidr)
  if (range === null || range.size < 2) return null
  const prefix = 33 - Math.log2(range.size)
  return [`${range.at(0)}/${prefix}`, `${range.at(range.size / 2)}/${prefix}`]
}

function spelt(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
