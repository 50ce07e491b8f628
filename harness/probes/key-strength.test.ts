import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { fewestKeys, strengthOf } from './key-strength.ts'

const keys = (make: (at: number) => string, count = 64) => Array.from({ length: count }, (_, at) => make(at))
const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const base64 = (bytes: number) => randomBytes(bytes).toString('base64url')

test.each<[string, () => string, number]>([
  ['256 bits in base64url', () => `sk_live_${base64(32)}`, 256],
  ['128 bits in base64url', () => base64(16), 128],
  ['128 bits in base 16', () => `key-${hex(16)}`, 128],
  ['a part that may be shown, and 256 bits', () => `rk_${hex(4)}_${base64(32)}`, 288],
  [
    'letters and digits',
    () =>
      Buffer.from(
        randomBytes(40).map((b) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charCodeAt(b & 31)),
      ).toString(),
    200,
  ],
])('%s count as what they are', (_, make, bits) => {
  for (const count of [fewestKeys, 64, 200])
    for (let round = 0; round < 20; round++) {
      const strength = strengthOf(keys(make, count))
      // Never less; and of many, a few bits more at the most.
      expect(strength.bits).toBeGreaterThanOrEqual(bits - 1e-9)
      expect(strength.bits).toBeLessThan(bits + (count < 64 ? 40 : 8))
      expect(strength).toMatchObject({ counting: 0, doubled: 0, shared: 0 })
    }
})

test('a UUID has 122 bits', () => {
  expect(strengthOf(keys(() => randomUUID())).bits).toBeCloseTo(122, 5)
})

test('what is the same, counts, or is a time, is no chance', () => {
  const counter = strengthOf(keys((at) => `k_${String(990 + at).padStart(12, '0')}_${hex(8)}`))
  expect(counter).toMatchObject({ varying: 16 + 4, counting: 4 })
  expect(counter.bits).toBeCloseTo(64, 5)
  const times = strengthOf(keys((at) => `${hex(4)}${(1_764_205_200_000 - at * 71).toString(16)}`))
  // Where its last letter tells nothing of the order, that is taken for chance.
  expect(times.bits).toBeLessThanOrEqual(36)
  const ofTime = (at: number) => `key_${createHash('md5').update(String(at)).digest('hex').slice(0, 12)}`
  expect(strengthOf(keys(ofTime))).toMatchObject({ bits: 48, varying: 12, counting: 0 })
})

test('keys that there were before, and parts of other keys, are found', () => {
  const pool = Array.from({ length: 8 }, () => hex(8))
  const dealt = keys((at) => `${pool[at % 8]}${pool[(at * 3 + (at >> 3)) % 8]}${hex(2)}`)
  expect(strengthOf(dealt).shared).toBeGreaterThanOrEqual(16)
  const some = keys(() => base64(32), 32)
  expect(strengthOf([...some, ...some.slice(0, 3)])).toMatchObject({ doubled: 3, shared: 0 })
})

test('too few say nothing', () => {
  expect(() => strengthOf(keys(() => hex(16), fewestKeys - 1))).toThrow('expected 8 keys or more')
})
