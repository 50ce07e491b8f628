import { expect, test } from 'vitest'
import { decisiveWords, marked } from './marks.ts'

test.each<[actual: string, words: readonly string[]]>([
  ['a Bcc field of its own, and a copy at hidden-k81f@crlf.sound.test', ['hidden-k81f@crlf.sound.test']],
  ['200, and the answer holds c8e77b372c5cb1c7, which is for its owner alone', ['c8e77b372c5cb1c7']],
  ['server: nginx/1.22.1', ['nginx/1.22.1']],
  ['ServerHello: TLSv1.2, TLS_RSA', ['TLSv1.2', 'TLS_RSA']],
  ['the answer says “no such user”', ['no such user']],
  ['the message was accepted in clear text', []],
  ['none', []],
])('%s', (actual, words) => {
  expect(decisiveWords({ actual }).filter((word) => word !== 'server' && word !== 'ServerHello')).toEqual(
    words,
  )
})

test('a word is marked wherever it stands, the longest that fits, and nothing of it is markup', () => {
  expect(marked('a <b>x</b> a1b2c3.d a1b2c3', ['a1b2c3', 'a1b2c3.d', '<b>x</b>']).markup).toBe(
    'a <mark>&#60;b&#62;x&#60;/b&#62;</mark> <mark>a1b2c3.d</mark> <mark>a1b2c3</mark>',
  )
  expect(marked('a.c abc', ['a.c']).markup).toBe('<mark>a.c</mark> abc')
})

test('a long text is cut once, not once a part', () => {
  const { markup } = marked('a1b2c3 '.repeat(10_000), ['a1b2c3'])
  expect(markup).toMatch(/ … \(\d+ more characters\)$/)
})
