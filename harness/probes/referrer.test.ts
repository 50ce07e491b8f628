import { expect, test } from 'vitest'
import { referrerPolicy, tellsWholeUrl } from './referrer.ts'

const by = (values: readonly string[], html = '') =>
  referrerPolicy(
    values.map((value) => ['referrer-policy', value]),
    html,
  )

test('of several policies the last counts that a browser knows, and its own where there is none', () => {
  expect(by([])).toBe('strict-origin-when-cross-origin')
  expect(by(['no-referrer, strict-origin', 'made-up'])).toBe('strict-origin')
  expect(by(['Unsafe-URL'])).toBe('unsafe-url')
  expect(by(['no-referrer'], '<meta name="Referrer" content="always">')).toBe('unsafe-url')
  expect(by(['unsafe-url'], '<meta name=referrer content=never>')).toBe('no-referrer')
})

test('two of them tell everybody everything', () => {
  const all = [
    'no-referrer',
    'origin',
    'strict-origin-when-cross-origin',
    'no-referrer-when-downgrade',
    'unsafe-url',
  ]
  expect(all.filter(tellsWholeUrl)).toEqual(['no-referrer-when-downgrade', 'unsafe-url'])
})
