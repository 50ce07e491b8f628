import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { plainly } from './spellings.ts'

test('what holds no escape is read in small letters, each unit where it stands', () => {
  for (const text of ['', 'rk_Live+AbC/09-_~', '{"to":"A@b.test"}', randomBytes(64).toString('base64url')])
    for (const options of [{}, { mail: true }, { mail: true, once: true }]) {
      const plain = plainly(text, options)
      expect(plain.text).toBe(text.toLowerCase().replaceAll('+', ' '))
      expect(plain.stretch(1, 4)).toEqual([1, 4])
    }
})

test.each([
  ['a%2Bb', 'a b'],
  ['a\\u002Fb', 'a/b'],
  ['a&amp;b', 'a&b'],
  ['k<wbr>ey', 'key'],
  ['ke\r\ny', 'key'],
  ['ke\u200by', 'key'],
  ['\u00c3\u00a9', '\u00e9'],
  ['\u00c9', '\u00e9'],
])('an escape is read as what it stands for: %j', (text, plain) => {
  expect(plainly(text).text).toBe(plain)
})

test('escapes of mail are undone in mail alone', () => {
  expect(plainly('to=3Dken').text).toBe('to=3dken')
  expect(plainly('to=3Dken', { mail: true }).text).toBe('to=ken')
})
