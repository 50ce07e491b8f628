import { expect, test } from 'vitest'
import { addressRange, halvesOf } from './address-range.ts'

test.each([
  ['172.18.128.0/17', 32_768, '172.18.128.0', '172.18.255.255'],
  ['192.168.7.9/24', 256, '192.168.7.0', '192.168.7.255'],
  ['255.255.255.255/32', 1, '255.255.255.255', '255.255.255.255'],
])('%s holds %i addresses, from %s to %s', (cidr, size, first, last) => {
  const range = addressRange(cidr)
  expect([range?.size, range?.at(0), range?.at(size - 1)]).toEqual([size, first, last])
})

test.each(['', '10.0.0.0', '10.0.0/8', '10.0.0.256/8', '10.0.0.0/33', 'fd00::/8'])(
  '%o is no range',
  (cidr) => {
    expect([addressRange(cidr), halvesOf(cidr)]).toEqual([null, null])
  },
)

test.each([
  ['172.18.0.0/16', ['172.18.0.0/17', '172.18.128.0/17']],
  ['192.168.7.0/24', ['192.168.7.0/25', '192.168.7.128/25']],
  ['10.0.0.1/32', null],
])('the halves of %s', (cidr, halves) => {
  expect(halvesOf(cidr)).toEqual(halves)
})
