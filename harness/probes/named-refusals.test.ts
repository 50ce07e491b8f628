import { expect, test } from 'vitest'
import { namedRefusal } from './named-refusals.ts'

const said = {
  words: ['tenant_id', 'tenant', 'filter[tenant]', 'all'],
  nonsense: 'qvxz',
  own: ['limit'],
  values: ['acme'],
}
const refused = (answer: string) => {
  const read = namedRefusal(answer, said)
  return read && [...read.refused].toSorted()
}

test.each([
  ['{"error":"query must not have: tenant_id, tenant, filter[tenant], qvxz"}'],
  [`{"message":"Unrecognized keys: \\"tenant\\", \\"tenant_id\\", \\"qvxz\\", \\"filter[tenant]\\""}`],
  [
    JSON.stringify(
      ['qvxz', 'tenant', 'tenant_id', 'filter[tenant]'].map((name) => ({
        ...{ type: 'extra_forbidden', loc: ['query', name], input: 'acme' },
      })),
    ),
  ],
])('the words are read that are named as one is that nobody knows: %s', (answer) => {
  expect(refused(answer)).toEqual(['filter[tenant]', 'tenant', 'tenant_id'])
})

test.each([
  ['an answer that names nothing', '{"error":"query must NOT have additional properties"}'],
  ['one that stops before the end', '{"error":"unknown: tenant_id, and 3 more"}'],
  ['one that repeats all', '{"received":["limit","tenant_id","qvxz"]}'],
  ['one that repeats the query', '{"path":"/a?tenant_id=acme&all=acme&tenant=acme&qvxz=acme&limit=1"}'],
  ['one that says which there are', '{"error":"unknown: tenant_id, qvxz; known: limit"}'],
  ['one that says another thing of some', '{"error":"tenant_id excludes tenant; unknown: all, qvxz"}'],
  ['one that names some more than once', '{"error":"tenant_id, qvxz","fields":["tenant_id","qvxz"]}'],
])('nothing is read from %s', (_, answer) => expect(refused(answer)).toBeNull())

test('a form is what is said beside the words, without numbers of the request', () => {
  const form = (answer: string) => namedRefusal(answer, said)?.form
  expect(form('{"error":"unknown: tenant, qvxz","request":"r-1a2"}')).toBe(
    form('{"error":"unknown: all, tenant_id, qvxz","request":"r-77f"}'),
  )
  expect(form('{"error":"received: tenant, qvxz"}')).not.toBe(form('{"error":"unknown: tenant, qvxz"}'))
})
