import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { dig, inVolleys, openssl, secretWord, shellWord, smtpTalk, submission } from './reproduce.ts'

const sh = (script: string, env: Record<string, string> = {}) =>
  execFileSync('/bin/sh', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  })

test.each(['plain', 'it’s $HOME; rm -rf "x" \\', "a'b", 'a\r\nb\tc', ''])(
  '%j is one word to a shell',
  (text) => {
    expect(sh(`printf %s ${shellWord(text)}`)).toBe(text)
  },
)

/** What a program of this name is given: its arguments, and what it reads. */
const spying = (name: string) => `${name}() { printf '<%s>' "$@"; cat; }`

test('a message is submitted by curl as it was, and its secret is the name of a variable', () => {
  const line = submission({
    ...{ host: 'smtp.example', port: 587, tls: 'starttls' },
    auth: { mechanism: 'PLAIN', user: 'apikey', secret: { variable: 'SENDER_KEY' } },
    mail: { from: 'a@a.test', to: ['b@b.test', 'c@c.test'], data: 'Subject: x\r\n\r\n100%\r\n' },
  })
  expect(sh(`${spying('curl')}\n${line}`, { SENDER_KEY: 'k', CA: 'ca' })).toBe(
    '<-sSv><--cacert><ca><--ssl-reqd><-u><apikey:k><--login-options><AUTH=PLAIN><--mail-from><a@a.test><--mail-rcpt><b@b.test><--mail-rcpt><c@c.test><-T><-><smtp://smtp.example:587>Subject: x\r\n\r\n100%\r\n',
  )
})

test('who only signs in sends nothing', () => {
  const auth = { mechanism: 'LOGIN', user: 'u', secret: '7guess' }
  expect(submission({ host: '::1', port: 465, tls: 'implicit', auth })).toBe(
    'curl -sSv --cacert "$CA" -u u:7guess --login-options AUTH=LOGIN -X NOOP \'smtps://[::1]:465\'',
  )
})

test('who acts for another says for whom', () => {
  const auth = { mechanism: 'PLAIN', user: 'u', secret: '7guess', authzid: 'ann@b.test' }
  expect(submission({ host: 'a.test', port: 465, tls: 'implicit', auth })).toContain(
    '--login-options AUTH=PLAIN --sasl-authzid ann@b.test -X NOOP',
  )
  const talk = smtpTalk({ host: 'a.test', port: 25, tls: 'none', said: [auth] })
  const encoded = Buffer.from('ann@b.test\0u\x007guess').toString('base64')
  expect(sh(`${spying('curl')}\nsleep() { :; }\n${talk}`)).toContain(`AUTH PLAIN ${encoded}\r\n`)
})

test('hosts and ports are spelled as whoever asks has it', () => {
  const spell = (text: string) => (text === '587' ? [{ variable: 'PORT' }] : [{ text }])
  const talk = smtpTalk({ host: 'a.test', port: 587, tls: 'none', said: ['EHLO x'], spell })
  expect(talk).toContain(`curl -sS 'telnet://a.test:'"$PORT"`)
})

test('a talk says each line, and credentials as each mechanism has them', () => {
  const said = (mechanism: string) =>
    sh(
      `${spying('curl')}\nsleep() { :; }\n${smtpTalk({
        ...{ host: 'a.test', port: 25, tls: 'none' },
        said: ['EHLO x', { mechanism, user: 'us', secret: { variable: 'KEY' } }],
      })}`,
      { KEY: 'k' },
    )
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  const begin = '<-sS><telnet://a.test:25>EHLO x\r\n'
  expect(said('PLAIN')).toBe(`${begin}AUTH PLAIN ${encoded('\0us\0k')}\r\nQUIT\r\n`)
  expect(said('LOGIN')).toBe(`${begin}AUTH LOGIN\r\n${encoded('us')}\r\n${encoded('k')}\r\nQUIT\r\n`)
  expect(said('CRAM-MD5')).toBe(`${begin}AUTH CRAM-MD5\r\nQUIT\r\n`)
  expect(said('XOAUTH2')).toBe(
    `${begin}AUTH XOAUTH2 ${encoded('user=us\x01auth=Bearer k\x01\x01')}\r\nQUIT\r\n`,
  )
})

test('within TLS it is OpenSSL that talks', () => {
  const talk = { host: 'a.test', port: 25, said: ['EHLO x'] }
  expect(smtpTalk({ ...talk, tls: 'starttls' })).toMatch(
    /\| openssl s_client -quiet -starttls smtp -connect a\.test:25$/,
  )
})

test('a secret that a check made up stands in a line as it is, and one of somebody by its variable, or by a word for it', () => {
  const redact = (text: string) => text.replaceAll('hunter2hunter2', '$SENDER_KEY')
  expect(secretWord('0ac67c3e2f6a3493', redact)).toBe('0ac67c3e2f6a3493')
  expect(secretWord('', redact)).toBe('')
  expect(secretWord('hunter2hunter2', redact)).toEqual({ variable: 'SENDER_KEY' })
  expect(secretWord('a hunter2hunter2', redact)).toEqual({ variable: 'CREDENTIAL' })
})

test('old versions lower the security level; names go to the server asked', () => {
  expect(openssl({ host: '::1', port: 25, starttls: 'smtp', version: 'TLSv1' })).toBe(
    "openssl s_client -connect '[::1]:25' -starttls smtp -tls1 -cipher ALL:COMPLEMENTOFALL@SECLEVEL=0 </dev/null",
  )
  const curves = { version: 'TLSv1.2', ciphers: 'ECDHE', groups: 'P-192' } as const
  expect(openssl({ host: 'api.test', port: 443, ...curves })).toBe(
    'openssl s_client -connect api.test:443 -tls1_2 -cipher ECDHE@SECLEVEL=0 -groups P-192 </dev/null',
  )
  expect(dig('s._domainkey.acme.test', 'TXT', { host: '127.0.0.1', port: 5353 })).toBe(
    'dig +noall +answer +comments @127.0.0.1 -p 5353 TXT s._domainkey.acme.test',
  )
})

test('what needs calls at once is a loop that a shell runs at once, each with a word of its own', () => {
  const run = (line: string, count: number, varies?: string) =>
    sh(inVolleys([{ before: ['A=b'], line, count, varies }]))
      .split('\n')
      .filter(Boolean)
      .sort()
  expect(run(`printf '%s\\n' '{"email":"x-1@a.test"}'`, 3, 'x-1')).toEqual([
    ...['{"email":"x-1-1@a.test"}', '{"email":"x-1-2@a.test"}', '{"email":"x-1-3@a.test"}'],
  ])
  expect(run('echo same "$A"', 2)).toEqual(['same b', 'same b'])
  expect(run(`printf '%s\\n' "$(printf 'x-1\\ty')"`, 2, 'x-1')).toEqual(['x-1-1\ty', 'x-1-2\ty'])
  expect(run('echo once', 1)).toEqual(['once'])
})

test('volleys wait for one another, but for what goes out alongside', () => {
  const before: string[] = []
  const [many, one] = [
    { before, line: 'a', count: 3 },
    { before, line: 'b', count: 1 },
  ]
  const loop = 'i=0; while [ "$((i += 1))" -le 3 ]; do a & done'
  expect(inVolleys([many, one])).toBe(`${loop}; wait; b`)
  expect(inVolleys([many, { ...one, alongside: true }])).toBe(`${loop}; b; wait`)
  expect(inVolleys([one, many])).toBe(`b; ${loop}; wait`)
})
