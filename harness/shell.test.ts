import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { madeVariable, printing, quoted, remark, variableOf } from './shell.ts'

const sh = (script: string, env: Record<string, string> = {}) =>
  execFileSync('/bin/sh', ['-c', script], { env: { PATH: process.env['PATH'] ?? '', ...env } })

const texts = [
  'plain',
  'it\'s $HOME `id` \\ " !x',
  'a\r\nb\tc\0d'.replace('\0', ''),
  'ends in breaks\n\n',
  '\n',
  '\u001b[2J\u202eb\u2028ü€\u0085',
  '100% \\n %s',
  '-n -- x',
  '',
]

test.each(texts)('a word of sh is the text, whatever stands in it: %j', (text) => {
  expect(sh(`printf '%s' ${quoted([{ text }])}`).toString()).toBe(text)
})

test.each([...texts.slice(0, -1), 'a\0b'])(
  'what sh prints is the text, with what a variable holds: %j',
  (text) => {
    const script = printing([{ text }, { variable: 'KEY' }, { text }])
    expect(sh(script, { KEY: "k'\r\n$x" }).toString()).toBe(`${text}k'\r\n$x${text}`)
  },
)

test('octets that are no text are printed as they are', () => {
  const octets = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet))
  expect(
    sh(printing([{ text: octets }, { variable: 'KEY' }], 'latin1'), { KEY: 'k' }).toString('latin1'),
  ).toBe(`${octets}k`)
})

test('nobody sees a control in a line', () => {
  expect(quoted([{ text: 'a\r\u001b\u202e' }])).toBe(String.raw`"$(printf 'a\r\033\342\200\256')"`)
})

test('a part of a variable, and what a command prints, are pieces of a word', () => {
  const word = quoted([{ variable: 'URL', without: '#*://' }, { text: '/' }, { command: "printf 'x y'" }])
  expect(sh(`printf '%s' ${word}`, { URL: 'https://a.test:1' }).toString()).toBe('a.test:1/x y')
  expect(() => quoted([{ variable: 'A; id' }])).toThrow('name of a shell variable')
})

test('what is to be looked for is said in every shell, and does nothing', () => {
  const said = remark("it's $(touch /tmp/x)\n`id`; rm\r\u001b[2J")
  expect(said).not.toMatch(/[\n\r\u001b]/)
  expect(sh(`${said}\nprintf done`).toString()).toBe('done')
  expect(remark('x'.repeat(1000))).toHaveLength(305)
})

test('a variable has the name that its user gave it, and what nobody has named gets one', () => {
  expect(['myKey', 'REFERENCE_URL', 'random:admin', 'target:8443'].map(variableOf)).toEqual([
    ...['myKey', 'REFERENCE_URL', 'RANDOM_ADMIN', 'TARGET_8443'],
  ])
  expect(['key.create_secret', 'neighbour_token', 'messageId', '1st'].map(madeVariable)).toEqual([
    ...['KEY_CREATE_SECRET', 'NEIGHBOUR_TOKEN', 'MESSAGE_ID', '_1ST'],
  ])
})
