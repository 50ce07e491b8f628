import { expect, test } from 'vitest'
import { secondsOfHsts } from './hsts.ts'

const seconds = (...values: readonly string[]) =>
  secondsOfHsts(values.map((value) => ['strict-transport-security', value]))

test('for how long browsers are told to speak TLS alone', () => {
  expect(seconds('max-age=31536000')).toBe(31_536_000)
  expect(seconds('includeSubDomains; Max-Age = "63072000" ; preload')).toBe(63_072_000)
  expect(seconds('max-age=0')).toBe(0)
  expect(seconds('max-age=86400', 'max-age=31536000')).toBe(86_400)
})

test('what says nothing that a browser keeps', () => {
  expect(secondsOfHsts([['server', 'max-age=1']])).toBe(null)
  for (const value of ['', 'includeSubDomains', 'max-age=a year', 'max-age=', 'max-age=1; max-age=2'])
    expect(seconds(value), value).toBe(null)
})
