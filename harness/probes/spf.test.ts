import { spf } from 'mailauth/lib/spf/index.js'
import { expect, test } from 'vitest'
import { recording } from './resolver.ts'
import { spfFacts } from './spf.ts'
import { parseSpf } from './spf-record.ts'

type Table = Record<string, Record<string, unknown[]> | 'SERVFAIL'>

function table(names: Table) {
  return recording(async (name, type) => {
    const found = names[name]
    if (found === 'SERVFAIL') throw Object.assign(new Error('failed'), { code: 'ESERVFAIL' })
    const records = found?.[type]
    if (records === undefined)
      throw Object.assign(new Error('none'), { code: found ? 'ENODATA' : 'ENOTFOUND' })
    return records
  })
}

const txt = (...texts: string[]) => ({ TXT: texts.map((text) => [text]) })
const includes = (n: number) => Array.from({ length: n }, (_, i) => `include:i${i}.test`).join(' ')
const leaves = Object.fromEntries(
  Array.from({ length: 12 }, (_, i) => [`i${i}.test`, txt('v=spf1 ip4:192.0.2.9 -all')]),
)

// RFC 7208 §12 and the open SPF test suite of RFC 4408 for the traps of syntax.
test.each([
  'v=spf1',
  'v=spf1 +mx a:colo.example.com/28 -all',
  'v=spf1 include:example.com include:example.org -ALL',
  'v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} redirect=_spf.example.com',
  'v=spf1 mx/30 a/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 ptr ?all exp=explain._spf.%{d} moo=1',
])('%s is in the grammar', (record) => {
  expect(parseSpf(record).errors).toEqual([])
})

test.each([
  ['v=spf1 ipv4:192.0.2.1', 1],
  ['v=spf1 ip4:192.0.2.256 ip4:192.0.2.0/33 ip4:192.0.2.0/024 ip4', 4],
  ['v=spf1 include include: include:nodots include:%{x}.test', 4],
  ['v=spf1 all: a:/24 mx:example.com/128 -all.', 4],
  ['v=spf1 redirect=a.test redirect=b.test', 1],
  ['v=spf1, a', 0],
])('%s has %i errors', (record, errors) => {
  expect(parseSpf(record).errors).toHaveLength(errors)
})

const at = { ip: '192.0.2.1', helo: 'x.test', sender: 'a@own.test', strict: true, mta: 'mta.test' }

test.each<[string, Table, Partial<Awaited<ReturnType<typeof spfFacts>>>]>([
  [
    'ten includes',
    { 'own.test': txt(`v=spf1 ${includes(10)} -all`), ...leaves },
    { lookups: 10, permerror: false },
  ],
  [
    'twelve includes',
    { 'own.test': txt(`v=spf1 ${includes(12)} -all`), ...leaves },
    { lookups: 12, permerror: true },
  ],
  ['two records', { 'own.test': txt('v=spf1 -all', 'v=spf1 ~all') }, { permerror: true }],
  ['a typing error', { 'own.test': txt('v=spf1 ipv4:192.0.2.7 -all') }, { permerror: true, all: '-' }],
  [
    'an include of nothing',
    { 'own.test': txt('v=spf1 include:i0.test -all') },
    { voids: 1, permerror: true },
  ],
  [
    'a circle',
    { 'own.test': txt('v=spf1 include:i0.test'), 'i0.test': txt('v=spf1 include:own.test') },
    { permerror: true, all: null },
  ],
  [
    'three voids',
    { 'own.test': txt('v=spf1 a:a.test a:b.test mx:c.test ~all') },
    { voids: 3, lookups: 3, permerror: true },
  ],
  [
    'eleven exchangers',
    {
      'own.test': {
        ...txt('v=spf1 mx -all'),
        MX: Array.from({ length: 11 }, (_, i) => ({ exchange: `m${i}.test`, priority: i })),
      },
    },
    { exchangers: 11, lookups: 1, permerror: true },
  ],
  [
    'a redirect',
    { 'own.test': txt('v=spf1 redirect=i0.test'), ...leaves },
    { lookups: 1, all: '-', permerror: false },
  ],
])('%s: both evaluators agree', async (_, names, facts) => {
  const seen = await spfFacts('own.test', table(names))
  expect(seen).toMatchObject(facts)
  const { status } = await spf({ ...at, resolver: table(names).resolve })
  expect(status.result === 'permerror').toBe(seen.permerror)
})

test('attempts at a record are told; an unanswered question is no verdict', async () => {
  const seen = await spfFacts('own.test', table({ 'own.test': txt('v=spf1; a', 'other') }))
  expect(seen).toMatchObject({ records: [], attempts: ['v=spf1; a'], permerror: false })
  await expect(spfFacts('own.test', table({ 'own.test': 'SERVFAIL' }))).rejects.toThrow('ESERVFAIL')
})
