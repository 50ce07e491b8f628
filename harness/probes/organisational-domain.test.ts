import { expect, test } from 'vitest'
import { aligned, organisationalDomain } from './organisational-domain.ts'

test.each([
  // The examples of publicsuffix.org's own test vectors.
  ['a.b.example.com', 'example.com'],
  ['b.test.co.uk', 'test.co.uk'],
  ['www.city.kobe.jp', 'city.kobe.jp'],
  ['co.uk', 'co.uk'],
  // The private section is not a registry's: these have one owner for DMARC.
  ['a.b.github.io', 'github.io'],
  // No entry for `test`: the default rule `*`.
  ['acme.t1.zone.postern.test', 'postern.test'],
  ['ACME.Example.COM.', 'example.com'],
])('%s belongs to %s', (domain, organisation) => {
  expect(organisationalDomain(domain)).toBe(organisation)
})

test('a provider’s zone can count as a suffix, the longest first', () => {
  const suffixes = ['postern.test', 't1.zone.postern.test']
  expect(organisationalDomain('bounce.acme.t1.zone.postern.test', suffixes)).toBe('acme.t1.zone.postern.test')
  expect(organisationalDomain('t1.zone.postern.test', suffixes)).toBe('t1.zone.postern.test')
  expect(organisationalDomain('a.other.postern.test', suffixes)).toBe('other.postern.test')
  expect(aligned('acme.t1.zone.postern.test', 't1.zone.postern.test', 'relaxed', suffixes)).toBe(false)
  expect(aligned('acme.t1.zone.postern.test', 'bounce.acme.t1.zone.postern.test', 'relaxed', suffixes)).toBe(
    true,
  )
  expect(aligned('acme.t1.zone.postern.test', 'bounce.acme.t1.zone.postern.test', 'strict', suffixes)).toBe(
    false,
  )
})
