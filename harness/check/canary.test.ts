import { expect, test } from 'vitest'
import { addressDomains } from '../api/mail-domains.ts'
import { holdsCanary, newCanary } from './canary.ts'

test('a canary makes no address of the text that it stands in', () => {
  expect(addressDomains('mike@a.test> AUTH=4023897a62f473fa758ec20ac5cdb804')).toContain(
    '23897a62f473fa758ec20ac5cdb804',
  )
  for (let i = 0; i < 1000; i++) {
    const canary = newCanary()
    expect(canary).toMatch(/^[a-f][0-9a-f]{31}$/)
    for (const before of ['=', '%', '\\x', '\\u00', '&#x'])
      expect(addressDomains(`${before}${canary}`)).toEqual([])
  }
})

test('a canary is known again wherever it stands, whole or cut short, and nothing that only looks like one', () => {
  const canary = newCanary()
  const looksAlike = `c${'0'.repeat(31)}`
  expect([canary, `Contact ${canary}`, `ccc${canary}`, canary.slice(0, 16)].map(holdsCanary)).toEqual([
    ...[true, true, true, true],
  ])
  expect([looksAlike, canary.slice(0, 15), canary.slice(1), ''].map(holdsCanary)).toEqual([
    ...[false, false, false, false],
  ])
})
