import { expect, test } from 'vitest'
import { decodeWords, readHeaders } from './headers.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')

test('fields are split at CR LF alone, unfolded, and kept in order with their raw bytes', () => {
  // RFC 5322 A.1.1 with the folding of §2.2.3.
  const message = bytes(
    'From: John Doe <jdoe@machine.example>\r\nSubject: This\r\n is a test\r\nTo: a@b.example\r\nto: c@d.example\r\n\r\nFrom: body\r\n',
  )
  const header = readHeaders(message)
  expect(header.headerNames).toEqual(['From', 'Subject', 'To', 'to'])
  expect(header.field('subject')[0]?.value).toBe('This is a test')
  expect(header.field('Subject')[0]?.raw.toString()).toBe('Subject: This\r\n is a test')
  expect(header.field('TO').map((f) => f.value)).toEqual(['a@b.example', 'c@d.example'])
  expect(message.subarray(header.body).toString()).toBe('From: body\r\n')
  expect(header.anomalies).toEqual([])
})

test.each<[string, string[]]>([
  ['\u2028', []],
  ['\u2029', []],
  ['\u0085', []],
  ['\v', ['a control character']],
  ['\f', ['a control character']],
])('%j does not end a line', (separator, anomalies) => {
  const header = readHeaders(bytes(`Subject: a${separator}X-Injected: 1\r\n\r\n`))
  expect(header.headerNames).toEqual(['Subject'])
  expect(header.anomalies).toEqual(anomalies)
})

test.each([
  ['Subject: a\rX-Injected: 1\r\n\r\n', 'a bare CR'],
  ['Subject: a\nX-Injected: 1\r\n\r\n', 'a bare LF'],
  ['Subject: a\r\r\nX-Other: 1\r\n\r\n', 'a bare CR'],
  ['Subject: a\0b\r\n\r\n', 'a NUL'],
  ['X A: v\r\n\r\n', 'an ill-formed field name'],
  ['é: v\r\n\r\n', 'an ill-formed field name'],
  [': v\r\n\r\n', 'an ill-formed field name'],
  ['Subject: a\r\nnonsense\r\n\r\n', 'a line without a field name'],
  [' From: a@b\r\nFrom: c@d\r\n\r\n', 'white space before the first field'],
  ['From\r\n : a@b\r\n\r\n', 'white space before a colon'],
])('%j is reported', (message, anomaly) => {
  expect(readHeaders(bytes(message)).anomalies).toEqual([anomaly])
})

test('an injected field and an early end of the block are seen', () => {
  const header = readHeaders(bytes('Subject: a\r\nBcc: x@y\r\n\r\nINJBODY\r\nTo: z\r\n\r\nbody'))
  expect(header.headerNames).toEqual(['Subject', 'Bcc'])
  expect(readHeaders(bytes('Subject: no body')).body).toBe(16)
  expect(readHeaders(bytes('\r\nbody')).body).toBe(2)
})

test('encoded words are decoded', () => {
  // RFC 2047 §8.
  expect(decodeWords('=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>')).toBe(
    'Keld Jørn Simonsen <keld@dkuug.dk>',
  )
})
