import { expect, test } from 'vitest'
import { proofsAmong, shownRecords } from './shown-records.ts'

test('records are read by whatever words they are told, and the proof is what no receiver reads', () => {
  const records = shownRecords([
    { name: 'shop.test', type: 'TXT', value: 'v=spf1 include:p.test -all' },
    { host: 'S1._domainkey.shop.test.', record_type: 'txt', data: '"k=rsa; p=AA"' },
    { hostname: '_dmarc.shop.test', type: 'TXT', content: 'v=DMARC1; p=reject' },
    { name: '_p.shop.test', type: 'TXT', value: 'p=123' },
    { name: 'b.shop.test', type: 'MX', value: 'mx.p.test', priority: 10 },
    { name: 'odd.shop.test', type: 'SVCB', value: '1' },
    'nothing',
  ])
  expect(records.map(({ name, type, value }) => `${name} ${type} ${value}`)).toEqual([
    'shop.test TXT v=spf1 include:p.test -all',
    's1._domainkey.shop.test TXT k=rsa; p=AA',
    '_dmarc.shop.test TXT v=DMARC1; p=reject',
    '_p.shop.test TXT p=123',
    'b.shop.test MX 10 mx.p.test',
  ])
  expect(proofsAmong(records).map(({ name }) => name)).toEqual(['_p.shop.test'])
  expect(shownRecords(undefined)).toEqual([])
})
