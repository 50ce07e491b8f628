import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { dig, inVolleys, openssl, secretWord, shellWord, swaks } from './reproduce.ts'

test.each(["it's", '$(id) `id` "$HOME"', 'a\r\nBcc: b', '\\', 'x\x01f', '', "'\n\\'", '--flag=1', '*'])(
  '%j comes out of a shell as it went in',
  (text) => {
    const printed = execFileSync('bash', ['-c', `printf %s ${shellWord(text)}`]).toString('utf8')
    expect(printed).toBe(text)
  },
)

test('secrets are variables', () => {
  const line = swaks({
    host: 'smtp.example',
    port: 587,
    tls: 'starttls',
    auth: { mechanism: 'PLAIN', user: 'apikey', secret: { variable: 'SENDER_KEY' } },
    quitAfter: 'AUTH',
  })
  expect(line).toBe(
    'swaks --server smtp.example --port 587 --tls --auth PLAIN --auth-user apikey --auth-password "$SENDER_KEY" --quit-after AUTH',
  )
  expect(() => shellWord({ variable: 'A; id' })).toThrow('name of a shell variable')
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
    "openssl s_client -connect '[::1]:25' -starttls smtp -tls1 -cipher ALL:COMPLEMENTOFALL@SECLEVEL=0",
  )
  const curves = { version: 'TLSv1.2', ciphers: 'ECDHE', groups: 'P-192' } as const
  expect(openssl({ host: 'api.test', port: 443, ...curves })).toBe(
    'openssl s_client -connect api.test:443 -tls1_2 -cipher ECDHE@SECLEVEL=0 -groups P-192',
  )
  expect(dig('s._domainkey.acme.test', 'TXT', { host: '127.0.0.1', port: 5353 })).toBe(
    'dig +noall +answer +comments @127.0.0.1 -p 5353 TXT s._domainkey.acme.test',
  )
})

test('what needs calls at once is a loop that a shell runs at once, each with a word of its own', () => {
  const run = (line: string, count: number, varies?: string) =>
    execFileSync('bash', ['-c', inVolleys([{ line, count, varies }])], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .sort()
  expect(run(`printf '%s\\n' '{"email":"x-1@a.test"}'`, 3, 'x-1')).toEqual([
    ...['{"email":"x-1-1@a.test"}', '{"email":"x-1-2@a.test"}', '{"email":"x-1-3@a.test"}'],
  ])
  expect(run('echo same', 2)).toEqual(['same', 'same'])
  expect(run(`printf '%s\\n' $'x-1\\ty'`, 2, 'x-1')).toEqual(['x-1\ty', 'x-1\ty'])
  expect(run('echo once', 1)).toEqual(['once'])
})

test('volleys wait for one another, but for what goes out alongside', () => {
  const [many, one] = [
    { line: 'a', count: 3 },
    { line: 'b', count: 1 },
  ]
  expect(inVolleys([many, one])).toBe('for i in $(seq 3); do a & done; wait; b')
  expect(inVolleys([many, { ...one, alongside: true }])).toBe('for i in $(seq 3); do a & done; b; wait')
  expect(inVolleys([one, many])).toBe('b; for i in $(seq 3); do a & done; wait')
})
