import { expect, test } from 'vitest'
import { addressDomains } from '../api/mail-domains.ts'
import { newCanary } from './canary.ts'

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
