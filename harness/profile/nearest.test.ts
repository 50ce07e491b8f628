import { expect, test } from 'vitest'
import { nearest, slipOf } from './nearest.ts'

test.each([
  ['sned', 'send'],
  ['mesage', 'message'],
  ['templtae', 'template'],
  ['webhook', null],
  ['read', null],
  ['tag', null],
])('a slip of the pen for %s: %s', (word, meant) => {
  expect(slipOf(word, ['send', 'message', 'template', 'key'])).toBe(meant)
})

test('what is wrong anyway may be further from what was meant', () => {
  expect(slipOf('tmplt', ['template'])).toBeNull()
  expect(nearest('tmplt', ['message', 'template'])).toBe('template')
})
