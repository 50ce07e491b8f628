import { expect, test } from 'vitest'
import { hiddenParts, shownIn } from './secret-parts.ts'

const secret = 'SG.id-4711-4711.AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const hidden = hiddenParts(secret, ['SG.', 'id-4711-4711'])

test('what a list may show of a key is no part of what it hides', () => {
  expect(hidden).toEqual(['.AbCdEfGhIjKlMnOpQrStUvWxYz01'])
  expect(hiddenParts(secret, [secret, ''])).toEqual([secret.slice(0, -4)])
  expect(hiddenParts('short', [])).toEqual([])
})

test.each([
  ['{"prefix":"SG.id-4711-4711","last4":"2345"}', null],
  ['{"hint":"SG.id-4711-4711.AbCdEfGh...2345"}', null],
  [`{"secret":"${secret}"}`, 'the body'],
  ['{"hint":"AbCdEfGhIjKlMnOp…"}', 'the body'],
  [Buffer.from(hidden[0]?.slice(1, 13) ?? '').toString('base64'), 'the body'],
])('an answer that says %s shows it in: %s', (body, place) => {
  expect(shownIn({ headers: [], body }, hidden)).toBe(place)
})

test('it may stand in a field', () => {
  expect(shownIn({ headers: [['x-key', `${secret}`]], body: '' }, hidden)).toBe('the field x-key')
})
