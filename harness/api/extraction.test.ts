import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { extraction } from './extraction.ts'

interface Sample {
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string
}

/** What the filter gets out of another answer, as curl prints it. */
function gets(seen: Sample, value: string, now: Sample): string | null {
  const filter = extraction({ headers: [], body: '', ...seen }, value)
  if (filter === null) return null
  const fields = (now.headers ?? []).map(([name, text]) => `${name}: ${text}\r\n`).join('')
  const input = `HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 12:17:58 GMT\r\n${fields}\r\n${now.body ?? ''}`
  return execFileSync('/bin/sh', ['-c', filter], { input, encoding: 'utf8' }).replace(/\n$/, '')
}

test.each<[string, string, string]>([
  ['{"id":"aa"}', '{"id":"bb"}', 'bb'],
  ['{ "token" : "aa", "id": "x" }', '{ "token" : "b.b-_~", "id": "x" }', 'b.b-_~'],
  ['{\n  "data": {\n    "id": "aa"\n  }\n}\n', '{\n  "data": {\n    "id": "bb"\n  }\n}\n', 'bb'],
  ['{"id":"other","made":{"id":"aa"}}', '{"id":"another","made":{"id":"bb"}}', 'bb'],
  ['{"id":17,"n":"aa"}', '{"id":18,"n":"b,b"}', ''],
])('a member of JSON is found by its name, and which of that name it is: %s', (seen, now, expected) => {
  expect(gets({ body: seen }, 'aa', { body: now })).toBe(expected)
})

test('a number is a value too', () => {
  expect(gets({ body: '{"id":170017,"n":1}' }, '170017', { body: '{"id":180018,"n":1}' })).toBe('180018')
})

test('a cookie and a location are found by what stands before them', () => {
  const headers = (session: string) =>
    [
      ['set-cookie', `other=1; Path=/`],
      ['set-cookie', `session=${session}; Path=/`],
      ['location', `/v1/things/${session}`],
    ] as const
  expect(gets({ headers: headers('aa') }, 'aa', { headers: headers('b-b') })).toBe('b-b')
  const [, , location] = headers('aa')
  expect(gets({ headers: [location] }, 'aa', { headers: [['Location', '/v1/things/bb?x=1']] })).toBe('bb')
})

test('what stands in no member alone, is escaped, or is nowhere, is not got out', () => {
  expect(extraction({ headers: [], body: '["aa"]' }, 'aa')).toBeNull()
  expect(extraction({ headers: [], body: '{"a":"a\\/a"}' }, 'a/a')).toBeNull()
  expect(extraction({ headers: [['x', 'aab']], body: '' }, 'aa')).toBeNull()
  // A token of RFC 9110 that would end the quotes of the line, and one that `sed` would take for more than itself.
  for (const name of ["x': ;echo injected;'", 'x.*'])
    expect(extraction({ headers: [[name, 'aa']], body: '' }, 'aa')).toBeNull()
})
