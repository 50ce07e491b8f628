import { createHash } from 'node:crypto'
import { isObject, readJson } from '../json.ts'

/** The link of a reader's own mail, and that of somebody else's, by whom both are known. */
export interface TwoLinks {
  readonly own: URL
  readonly ownAddress: string
  readonly other: URL
  readonly otherAddress: string
}

/** A way to make, of one's own link, one that unsubscribes somebody else. */
export interface Forgery {
  readonly name: string
  /** None where nothing of the links can be changed so. */
  links(of: TwoLinks): readonly URL[]
}

/** Of the request beside the link: parameters by which some say whom it is about. */
const words = ['email', 'e', 'mail', 'address', 'recipient', 'to', 'user', 'subscriber']

export const forgeries: readonly Forgery[] = [
  {
    name: 'the address of somebody else in its place',
    links: (of) => distinct([...readdressed(of), ...guessed(of)]),
  },
  {
    name: 'the address of somebody else in a parameter',
    links: ({ own, otherAddress }) => [
      withParameters(own, ['email'], otherAddress),
      withParameters(own, words, otherAddress),
    ],
  },
  { name: 'a number further on', links: (of) => countedOn(of) },
  {
    name: 'the proof of another link',
    links: (of) => proofs(of, ({ own }) => [own]),
  },
  {
    name: 'a changed proof',
    links: (of) => proofs(of, ({ other }) => [zeros(other), flipped(other)]),
  },
  {
    name: 'a proof cut short',
    links: (of) => proofs(of, ({ other }) => [other.subarray(0, 1), other.subarray(0, other.length >> 1)]),
  },
  { name: 'no proof', links: (of) => proofs(of, () => [Buffer.alloc(0)]) },
  { name: 'an unsigned token', links: (of) => distinct(unsigned(of)) },
]

function distinct(links: readonly URL[]): URL[] {
  return [...new Map(links.map((link) => [link.href, link])).values()]
}

function withParameters(link: URL, names: readonly string[], value: string): URL {
  const changed = new URL(link)
  for (const name of names) changed.searchParams.set(name, value)
  return changed
}

/** Where a link says what it is about: a step of its path, or a parameter. */
interface Slot {
  readonly name: string
  readonly value: string
  put(link: URL, value: string): URL
}

function slotsOf(link: URL): Slot[] {
  const steps = link.pathname.split('/')
  return [
    ...steps.map((step, at) => ({
      name: '',
      value: decodeURIComponent(step),
      put(into: URL, value: string) {
        const changed = new URL(into)
        changed.pathname = changed.pathname
          .split('/')
          .map((each, n) => (n === at ? encodeURIComponent(value) : each))
          .join('/')
        return changed
      },
    })),
    ...[...link.searchParams].map(([name, value]) => ({
      ...{ name, value },
      put(into: URL, text: string) {
        const changed = new URL(into)
        changed.searchParams.set(name, text)
        return changed
      },
    })),
  ]
}

/** Those in which the two links differ, with what stands there in the other one. */
export function differing({
  own,
  other,
}: Pick<TwoLinks, 'own' | 'other'>): (Slot & { readonly of: string })[] {
  const others = slotsOf(other)
  return slotsOf(own).flatMap((slot, at) => {
    const there = slot.name === '' ? others[at] : others.find(({ name }) => name === slot.name)
    return there === undefined || there.value === slot.value ? [] : [{ ...slot, of: there.value }]
  })
}

/** By which an address is written, or stood for. */
const encodings: readonly ((address: string) => string)[] = [
  (address) => address,
  ...(['base64', 'base64url', 'hex'] as const).map(
    (encoding) => (address: string) => Buffer.from(address).toString(encoding),
  ),
  ...['md5', 'sha1', 'sha256'].map(
    (algorithm) => (address: string) => createHash(algorithm).update(address.toLowerCase()).digest('hex'),
  ),
]

/** The own link where it has one's address, by any of these or within what is written in base64, with the other address there. */
function readdressed(of: TwoLinks): URL[] {
  const slots = slotsOf(of.own)
  const changed = slots.map((slot) => ({ slot, value: inPlace(slot.value, of) }))
  const found = changed.filter(({ slot, value }) => value !== slot.value)
  return found.length === 0 ? [] : [found.reduce((link, { slot, value }) => slot.put(link, value), of.own)]
}

function inPlace(text: string, { ownAddress, otherAddress }: TwoLinks): string {
  const plain = encodings.reduce(
    (value, encode) => value.replaceAll(encode(ownAddress), encode(otherAddress)),
    text,
  )
  // Of several parts, such as a token by RFC 7519, each by itself.
  return plain
    .split('.')
    .map((part) => withinBase64(part, (inner) => inner.replaceAll(ownAddress, otherAddress)))
    .join('.')
}

function withinBase64(part: string, change: (text: string) => string): string {
  const encoding = /[+/=]/.test(part) ? 'base64' : 'base64url'
  const inner = Buffer.from(part, encoding).toString()
  const changed = change(inner)
  return changed === inner ? part : Buffer.from(changed).toString(encoding)
}

/** What some put there and nothing else. */
function guessed(of: TwoLinks): URL[] {
  const [slot, ...more] = differing(of)
  if (slot === undefined || more.length > 0) return []
  return encodings.map((encode) => slot.put(of.own, encode(of.otherAddress)))
}

/** So many readers get their mail one after the other, of whom the first knows his own number. */
const neighbours = 1000n

/** Whoever gets a number knows those of whom came after. */
function countedOn(of: TwoLinks): URL[] {
  return differing(of).flatMap((slot) => {
    const form = numbers.find(({ read }) => read(slot.value) !== null && read(slot.of) !== null)
    if (form === undefined) return [slot.put(of.own, nextBytes(slot.value))]
    const between = (form.read(slot.of) ?? 0n) - (form.read(slot.value) ?? 0n)
    const isNear = between > 1n && between <= neighbours
    return [1n, ...(isNear ? [between] : [])].map((step) => slot.put(of.own, form.plus(slot.value, step)))
  })
}

/** A number at the end, or all of it one in hexadecimal. */
const numbers: readonly { read(text: string): bigint | null; plus(text: string, step: bigint): string }[] = [
  {
    read: (text) => {
      const [digits] = /(?<=^|[_-])\d{1,15}$/.exec(text) ?? []
      return digits === undefined ? null : BigInt(digits)
    },
    plus: (text, step) =>
      text.replace(/\d+$/, (digits) => String(BigInt(digits) + step).padStart(digits.length, '0')),
  },
  {
    read: (text) => (/^[\da-f]+$/i.test(text) ? BigInt(`0x${text}`) : null),
    plus: (text, step) => (BigInt(`0x${text}`) + step).toString(16).padStart(text.length, '0'),
  },
]

function nextBytes(text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  const last = bytes.length - 1
  if (last >= 0) bytes[last] = ((bytes[last] ?? 0) + 1) % 256
  return bytes.toString('base64url')
}

/** Names of parameters that prove the others. */
const proving = /^(?:s|h|k)$|sig|mac|hash|proof|token|check/i

/** The other link with another proof: a parameter that is called so beside others, the last part of a token, or its second half. */
function proofs(of: TwoLinks, change: (proofs: { own: Buffer; other: Buffer }) => readonly Buffer[]): URL[] {
  const slots = differing(of)
  const [slot, ...more] = slots
  if (slot === undefined) return []
  if (more.length > 0) {
    const proof = slots.findLast(({ name }) => proving.test(name))
    if (proof === undefined) return []
    const pair = { own: Buffer.from(proof.value), other: Buffer.from(proof.of) }
    return change(pair).map((bytes) => proof.put(of.other, bytes.toString('latin1')))
  }
  // A number or the like proves nothing.
  if (![slot.value, slot.of].every((text) => text.includes('.') || text.length >= shortestToken)) return []
  const [own, other] = [halves(slot.value), halves(slot.of)]
  return change({ own: own.proof, other: other.proof }).map((bytes) => slot.put(of.other, other.whole(bytes)))
}

const shortestToken = 12

interface Halves {
  readonly proof: Buffer
  whole(proof: Buffer): string
}

function halves(token: string): Halves {
  const dot = token.lastIndexOf('.')
  const isHex = /^(?:[\da-f]{2})+$/i.test(token)
  const encoding = isHex ? 'hex' : 'base64url'
  if (dot > 0) {
    const payload = token.slice(0, dot)
    return {
      proof: Buffer.from(token.slice(dot + 1), encoding),
      whole: (proof) => `${payload}.${proof.toString(encoding)}`,
    }
  }
  const bytes = Buffer.from(token, encoding)
  const half = bytes.length >> 1
  return {
    proof: bytes.subarray(half),
    whole: (proof) => Buffer.concat([bytes.subarray(0, half), proof]).toString(encoding),
  }
}

function zeros(proof: Buffer): Buffer {
  return Buffer.alloc(proof.length, proof.every((byte) => byte === 0) ? 1 : 0)
}

function flipped(proof: Buffer): Buffer {
  const changed = Buffer.from(proof)
  changed[0] = (changed[0] ?? 0) ^ 1
  return changed
}

/** The own token for the other address, without a signature (RFC 7519 §6.1), or such a token by itself. */
function unsigned(of: TwoLinks): URL[] {
  const [slot, ...more] = differing(of)
  if (slot === undefined || more.length > 0) return []
  const [, payload = ''] = slot.value.split('.')
  const claims = readJson(Buffer.from(payload, 'base64url').toString())
  const { otherAddress: email } = of
  const changed: unknown = isObject(claims)
    ? readJson(JSON.stringify(claims).replaceAll(of.ownAddress, email))
    : { sub: email, email }
  const inBase64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [slot.put(of.own, `${inBase64({ alg: 'none', typ: 'JWT' })}.${inBase64(changed)}.`)]
}
