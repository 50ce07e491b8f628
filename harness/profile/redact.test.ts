import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { toCurl } from '../api/curl.ts'
import { createRedactor } from './redact.ts'

const key = 'sk/live+9?f~é"x&y'
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${'Q'.repeat(43)}`
const redactor = createRedactor([
  { name: 'SENDER_KEY', value: key },
  { name: 'ADMIN_TOKEN', value: jwt },
])

test.each<[string, string]>([
  ['raw', key],
  ['in JSON', JSON.stringify({ key })],
  ['in JSON with its slashes escaped', JSON.stringify({ key }).replaceAll('/', '\\/')],
  ['in JSON for a page', JSON.stringify({ key }).replaceAll('&', '\\u0026')],
  [
    'in JSON of .NET',
    `{"key":"${key.replace(/[&"+]/g, (c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`)}"}`,
  ],
  ['in HTML', key.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ['hex in capitals', Buffer.from(key).toString('hex').toUpperCase()],
  ['percent-encoded', encodeURIComponent(key)],
  ['percent-encoded in lower case', encodeURIComponent(key).replace(/%../g, (octet) => octet.toLowerCase())],
  ['in a path that is a URL already', encodeURI(key)],
  ['as UTF-8 that was taken for Latin-1', Buffer.from(key).toString('latin1')],
  ['in a form', new URLSearchParams({ key }).toString()],
  ['base64', Buffer.from(key).toString('base64')],
  ['base64url', Buffer.from(key).toString('base64url')],
  ['hex', Buffer.from(key).toString('hex')],
  ['Basic, after one character', Buffer.from(`u:${key}`).toString('base64')],
  ['Basic, after two', Buffer.from(`us:${key}`).toString('base64')],
  ['AUTH PLAIN', Buffer.from(`\0apikey\0${key}`).toString('base64')],
  ['by code points', [...key].map((c) => `\\u{${c.codePointAt(0)?.toString(16)}}`).join('')],
  ['as escape() writes it', [...key].map((c) => `%u00${c.charCodeAt(0).toString(16)}`).join('')],
  ['with places to break', key.replace(/.{4}/g, '$&<wbr>')],
  ['with soft hyphens', key.replace(/.{4}/g, '$&&#173;')],
  ['with blanks of no width', [...key].join('\u200b')],
])('a secret is replaced: %s', (_, text) => {
  const redacted = redactor.redact(`before ${text} after`)
  expect(redacted).toContain('$SENDER_KEY')
  expect(redacted).toMatch(/^before .*after$/)
  expect(Buffer.from(redacted, 'base64').toString('latin1')).not.toContain('live')
})

const odd = `p'g"s\\x!(é)*=\u20ac tail-9f3K`
const ascii = (text: string) =>
  text.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
const quotedPrintable = (text: string) =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[^!-<>-~]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
const json = JSON.stringify(odd).slice(1, -1)

test.each<[string, string]>([
  ['JSON of Python and PHP', ascii(json)],
  ['JSON within JSON', JSON.stringify(JSON.stringify({ odd }))],
  ['JSON within JSON within JSON, in ASCII', ascii(JSON.stringify(JSON.stringify(json)))],
  ['HTML of Go', odd.replaceAll('"', '&#34;').replaceAll("'", '&#39;')],
  ['HTML in hex', odd.replace(/[^a-z0-9]/gi, (c) => `&#x${c.charCodeAt(0).toString(16)};`)],
  ['HTML, UTF-8 taken for Latin-1', Buffer.from(odd.replaceAll('"', '&quot;')).toString('latin1')],
  [
    'percent-encoded by RFC 3986',
    encodeURIComponent(odd).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
  ],
  ['a query as a browser writes it', new URL(`https://a.test/?q=${odd}`).search.slice(3)],
  ['percent-encoded twice', encodeURIComponent(encodeURIComponent(odd))],
  ['in capitals', odd.toUpperCase()],
  ['one letter percent-encoded', odd.replace('t', '%74')],
  ['quoted-printable', quotedPrintable(odd)],
  ['quoted-printable over two lines', quotedPrintable(odd).replace('tail', 'ta=\r\nil')],
  ['encoded words', `=?utf-8?Q?${quotedPrintable(odd).replace('tail', 'ta?=\r\n =?utf-8?Q?il')}?=`],
  [
    'base64 over two lines',
    Buffer.from(`to: ${odd}`)
      .toString('base64')
      .replace(/^.{16}/, '$&\r\n'),
  ],
])('a secret of odd characters is replaced in every spelling: %s', (_, text) => {
  const { redact } = createRedactor([{ name: 'ODD', value: odd }])
  const redacted = redact(`v=${text}\nnext`)
  expect(redacted).toMatch(/^v=.*\$ODD[\s\S]{0,4}\nnext$/)
  expect(redacted).not.toMatch(/ta(=\r\n)?il/i)
})

test('what looks like an escape together with what stands before is found as it is', () => {
  const { redact } = createRedactor([{ name: 'KEY', value: 'ABcdef12' }])
  const text = 'v=ABcdef12 %ABcdef12 \\ABcdef12 C:\\xABcdef12'
  expect(redact(text)).toBe('v=$KEY %$KEY $KEY C:\\x$KEY')
})

test('a hash behind the sign that quoted-printable escapes with is found over two lines of a link', () => {
  const token = 'a9545ddd6e2eaecbf9931b3acdb74b808a10a47e'
  const known = createRedactor([{ name: 'TOKEN', value: token }])
  const link = `https://shop.test/reset?token=3D${token.slice(0, 22)}=\r\n${token.slice(22)}\r\n`
  expect(known.redact(link)).toBe('https://shop.test/reset?token=3D$TOKEN\r\n')
})

test('a Basic credential in mail that is base64 is found at any offset', () => {
  for (const user of ['u', 'us', 'use'])
    for (const before of ['', 'a', 'ab']) {
      const shown = `${before}Authorization: Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`
      const redacted = redactor.redact(Buffer.from(`${shown}\r\n`).toString('base64'))
      expect(redacted).toContain('$SENDER_KEY')
      const [start = ''] = redacted.split('$')
      expect(Buffer.from(start, 'base64').toString()).toContain(`${before}Authorization: Basic`)
    }
})

test('a short password is found within the base64 of more', () => {
  const { redact } = createRedactor([{ name: 'PASSWORD', value: 'k7Qz' }])
  for (const user of ['', 'u', 'us', 'use', 'user'])
    expect(redact(`Basic ${Buffer.from(`${user}:k7Qz!`).toString('base64')}`)).toContain('$PASSWORD')
})

test('of several lines, each is a secret, however lines end', () => {
  const { redact } = createRedactor([{ name: 'LINES', value: 'first-L1n3-aa\nsecond-L1n3-bbb\nthird' }])
  expect(redact('first-L1n3-aa\r\nsecond-L1n3-bbb\r\nthird')).toBe('$LINES')
  expect(redact('{"a":"first-L1n3-aa\\r\\nsecond-L1n3-bbb\\r\\nthird"}')).toBe('{"a":"$LINES"}')
  expect(redact('> first-L1n3-aa\n> second-L1n3-bbb\n')).toBe('> $LINES\n> $LINES\n')
})

test('a text without secrets stays as it is, whatever escapes are in it', () => {
  const text = `${json}\r\n${quotedPrintable(odd)}=\r\n&#x41;&amp;%41\\u0041\\\\ + \ud83d\udca5\n\n`
  expect(redactor.redact(text)).toBe(text)
})

test('the signature of a known token is a secret under any claims', () => {
  const altered = jwt.replace('eyJzdWIiOiJhIn0', 'eyJzdWIiOiJiIn0')
  expect(redactor.redact(altered)).toBe('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJiIn0.$ADMIN_TOKEN_SIGNATURE')
  expect(redactor.redact(jwt)).toBe('$ADMIN_TOKEN')
})

test('credentials that nobody made known go too; what a forged token claims stays', () => {
  const forged = jwt.replace(/Q+$/, 'Z'.repeat(43))
  const unsigned = jwt.replace(/Q+$/, '')
  expect(
    redactor.redact(
      `authorization: Bearer ${jwt}\nAuthorization: Bearer abc123\nauthorization: Bearer ${forged}\nauthorization: Bearer ${unsigned}\ncookie: sid=1234; lang=de\nset-cookie: sid=99; Path=/\nx-other: abc123`,
    ),
  ).toBe(
    `authorization: Bearer $ADMIN_TOKEN\nAuthorization: Bearer $CREDENTIAL\nauthorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.$CREDENTIAL\nauthorization: Bearer ${unsigned}\ncookie: sid=$CREDENTIAL; lang=$CREDENTIAL\nset-cookie: sid=$CREDENTIAL; Path=/\nx-other: abc123`,
  )
})

test('a token that a check forged is cut wherever it stands; without a signature it shows what it claims', () => {
  const forged = jwt.replace(/Q+$/, 'Z'.repeat(43))
  const [head, claims] = forged.split('.')
  const cut = `${head}.${claims}.$CREDENTIAL`
  for (const around of [
    (t: string) => `x-token: ${t}`,
    (t: string) => `GET /a?jwt=${t}&b=1`,
    (t: string) => `{"t":"${t}"}`,
  ])
    expect(redactor.redact(around(forged))).toBe(around(cut))
  const encrypted = `${head}.AAAA.BBBB.CCCC.DDDD`
  expect(redactor.redact(`{"t":"${encrypted}"}`)).toBe(`{"t":"${head}.$CREDENTIAL"}`)
  expect(redactor.redact(`{"t":"${head}.${claims}."}`)).toBe(`{"t":"${head}.${claims}."}`)
  expect(redactor.redact('eyJ is how they begin. So it is')).toBe('eyJ is how they begin. So it is')
})

test('every line of a private key is the key', () => {
  const pem = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(63)}b\n${'C'.repeat(20)}\n-----END PRIVATE KEY-----`
  const redact = createRedactor([{ name: 'SIGNING_KEY', value: pem }]).redact
  expect([redact(pem), redact(JSON.stringify(pem)), redact(`x${'C'.repeat(20)}x`)]).toEqual([
    '$SIGNING_KEY',
    '"$SIGNING_KEY"',
    'x$SIGNING_KEYx',
  ])
})

test('of a secret with a line break at its end, what anybody sends is the rest', () => {
  const { redact } = createRedactor([{ name: 'KEY', value: 'k-123\n' }])
  expect([redact('"k-123"'), redact(JSON.stringify('k-123\n'))]).toEqual(['"$KEY"', '"$KEY\\n"'])
})

test('of a URL that is a secret, so is what its host is asked for', () => {
  const own = createRedactor([{ name: 'PAGE', value: 'https://a.test/p?token=abcd' }])
  const request = { method: 'GET', origin: 'https://a.test', path: '/p?token=abcd', headers: [], body: null }
  expect(own.redact('GET /p?token=abcd')).toBe('GET $PAGE')
  expect(toCurl({ request }, own)).toMatch(/ "\$PAGE"$/)
})

test('one value has one name, two values have two', () => {
  const own = createRedactor()
  expect([
    own.learn('key.create_secret', 'aaaa1'),
    own.learn('key.create_secret', 'bbbb2'),
    own.learn('other', 'aaaa1'),
  ]).toEqual(['KEY_CREATE_SECRET', 'KEY_CREATE_SECRET_2', 'KEY_CREATE_SECRET'])
  expect(own.redact('bbbb2 aaaa1')).toBe('$KEY_CREATE_SECRET_2 $KEY_CREATE_SECRET')
})

test('a shell gives curl exactly what was sent, with the secrets from its variables', () => {
  const body = `{"subject":"it's $HOME \\r\\n\r\n\u2028 \`id\` ünï","key":"${key.replaceAll('"', '\\"')}"}`
  const line = toCurl(
    {
      request: {
        method: 'POST',
        origin: 'https://127.0.0.1:8443',
        path: '/v1/../a%2fb?x=[1]{2}\'"$x',
        headers: [
          ['authorization', `Bearer ${key}`],
          ['x-empty', ''],
          ['x-twice', '1'],
          ['x-twice', '2'],
        ],
        body,
      },
    },
    redactor,
  )
  expect(line).not.toContain('live')
  expect(line).toMatch(/ \| curl -sSi --path-as-is --globoff --cacert "\$CA" -X 'POST' /)
  const printed = execFileSync('/bin/sh', ['-c', `curl() { printf '%s\\0' "$@"; cat; }\n${line}`], {
    encoding: 'utf8',
    env: { CA: '/ca.pem', SENDER_KEY: key, LC_ALL: 'C.UTF-8' },
  })
  expect(printed.split('\0')).toEqual([
    ...[
      '-sSi',
      '--path-as-is',
      '--globoff',
      '--cacert',
      '/ca.pem',
      '-X',
      'POST',
      '-H',
      `authorization: Bearer ${key}`,
    ],
    ...['-H', 'x-empty;', '-H', 'x-twice: 1', '-H', 'x-twice: 2', '--data-binary', '@-'],
    `https://127.0.0.1:8443/v1/../a%2fb?x=[1]{2}'"$x`,
    body.replaceAll(key.replaceAll('"', '\\"'), key),
  ])
})

test('curl encodes a password for basic authentication itself', () => {
  const value = `Basic ${Buffer.from(`sender:${key}`).toString('base64')}`
  const request = {
    method: 'GET',
    origin: 'http://localhost:1',
    path: '/',
    headers: [['authorization', value]] as const,
    body: null,
  }
  expect(toCurl({ request }, redactor)).toContain(` -u 'sender:'"$SENDER_KEY" `)
})

test('a body that is no text is sent octet for octet, with its secrets from their variables', () => {
  const request = {
    method: 'PUT',
    origin: 'http://localhost:1',
    path: '/',
    headers: [],
    body: Buffer.from(`\0\xff${jwt}`, 'latin1'),
  }
  const line = toCurl({ request }, redactor)
  expect(line).not.toContain(jwt)
  const printed = execFileSync('/bin/sh', ['-c', `curl() { cat; }\n${line}`], {
    encoding: 'latin1',
    env: { PATH: process.env['PATH'], ADMIN_TOKEN: jwt },
  })
  expect(printed).toBe(`\0\xff${jwt}`)
})
