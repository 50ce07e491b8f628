import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { derivedOf, fewestIds, guessOf } from './id-guessing.ts'

const ids = (make: (at: number) => string) => Array.from({ length: fewestIds }, (_, at) => make(at))
const hex = (value: number | bigint, length: number) => value.toString(16).padStart(length, '0')
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ulid = (at: number) =>
  [...hex(BigInt(1_764_205_200_000 + at * 3), 12)]
    .reduce((sum, c) => sum * 16n + BigInt(Number.parseInt(c, 16)), 0n)
    .toString(32)
    .replace(/./g, (c) => crockford[Number.parseInt(c, 32)] ?? '')
    .padStart(10, '0') + [...randomBytes(16)].map((byte) => crockford[byte & 31]).join('')

test.each<[string, (at: number) => string, string]>([
  ['numbers', (at) => String(98 + at), 'counted'],
  ['numbers with gaps', (at) => `con_${1000 + at * at * 7}`, 'counted'],
  ['padded numbers in base 16', (at) => `msg_${hex(4000 + at, 32)}`, 'counted'],
  ['numbers in base 36 behind a word', (at) => `tpl${(46_655 + at).toString(36)}`, 'counted'],
  ['ids of GraphQL', (at) => Buffer.from(`Contact:${12_340 + at}`).toString('base64'), 'counted'],
  ['ids of MongoDB', (at) => `69279${hex(at >> 1, 3)}a1b2c3d4e5${hex(0xabcdef + at * 2, 6)}`, 'counted'],
  ['snowflakes', (at) => String((1_300_000_000_000n + BigInt(at * 731)) * 4_194_304n + 77n), 'timed'],
  ['nanoseconds', (at) => `con_${hex(9_007_199_254_740_993n + BigInt(at * 12_345_678), 32)}`, 'timed'],
  ['UUIDs of version 1', (at) => `${hex(0x6927a000 + at * 977, 8)}-cb1f-11f0-8de9-0242ac120002`, 'timed'],
  ['four random bytes', () => randomBytes(4).toString('hex'), 'few'],
  [
    'eight random letters',
    (at) =>
      `x${['aB3dE9xY', 'Zk2mQ8pL', 'b7NvW1cR', 'T5hJ6gFs', 'q0oI4uDa', 'M9nXe2Kz', 'r8VbC3wt', 'Hy1Lp5GS'][at]}`,
    'few',
  ],
])('%s lead to one another', (_, make, how) => {
  expect(guessOf(ids(make))?.how).toBe(how)
})

test.each<[string, (at: number) => string]>([
  ['UUIDs of version 4', () => randomUUID()],
  ['128 bits in base 16', () => `con_${randomBytes(16).toString('hex')}`],
  ['72 bits in base64url', () => randomBytes(9).toString('base64url')],
  ['64 bits in base 16', () => randomBytes(8).toString('hex')],
  ['ULIDs', (at) => ulid(at)],
  ['UUIDs of version 7', (at) => `0197b0f4-${hex(0xa000 + at, 4)}-7${randomUUID().slice(15)}`],
  ['addresses', (at) => `ann+${at}@example.com`],
])('%s do not', (_, make) => {
  for (let round = 0; round < 50; round++) expect(guessOf(ids(make))).toBeNull()
})

test('an id that is made of what the object holds is known by that', () => {
  const md5 = createHash('md5').update('ann@example.com').digest('hex')
  const texts = ['Ann@example.com', 'Ann']
  expect(derivedOf(`con_${md5}`, texts)).toMatchObject({
    how: 'derived',
    said: 'are MD5 digests of what the object holds',
  })
  expect(derivedOf(Buffer.from('ann@example.com').toString('base64url'), texts)?.said).toContain('base64')
  expect(derivedOf(randomUUID(), texts)).toBeNull()
})
