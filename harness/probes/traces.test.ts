import MailComposer from 'nodemailer/lib/mail-composer'
import { expect, test } from 'vitest'
import { UnreadableMail } from './mail.ts'
import { traceOf } from './traces.ts'

const secret = '00112233445566778899aabbccddeeff'
const hidden = `first-${secret}@inbox.sound.test`
const source = (lines: readonly string[]) => Buffer.from(lines.join('\r\n'))
const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/.{20}/g, '$&\r\n')
const part = (encoding: string, body: string) =>
  source([`Content-Type: text/plain`, `Content-Transfer-Encoding: ${encoding}`, '', body, ''])

test.each<[string, Buffer]>([
  ['as it is', source([`X-For: ${hidden}`, '', 'Hello'])],
  ['its random part alone', source([`Message-ID: <${secret}@own.test>`, '', 'Hello'])],
  ['folded', source([`X-For: ${hidden.slice(0, 20)}`, ` ${hidden.slice(20)}`, '', 'Hello'])],
  [
    'in an encoded word',
    source([`X-For: =?utf-8?B?${Buffer.from(`a ${hidden}`).toString('base64')}?=`, '', 'Hello']),
  ],
  ['in words of quoted-printable', source([`X-For: =?utf-8?Q?${hidden.replace('@', '=40')}?=`, '', 'Hello'])],
  ['in capitals', source([`X-For: ${hidden.toUpperCase()}`, '', 'Hello'])],
  ['in a URL', source(['', `https://own.test/?to=${encodeURIComponent(hidden)}`])],
  ['in hex', source(['', `https://own.test/${Buffer.from(hidden).toString('hex')}`])],
  [
    'in a part in quoted-printable',
    part('quoted-printable', `to ${hidden.slice(0, 9)}=\r\n${hidden.slice(9)}`),
  ],
  ...['', 'a', 'ab', 'abc'].map((before): [string, Buffer] => [
    `in a part in base64 behind ${before.length} bytes`,
    part('base64', base64(`${before}${hidden} and others`)),
  ]),
  ...['', 'a', 'ab'].map((before): [string, Buffer] => [
    `in base64url within a URL behind ${before.length} bytes`,
    source(['', `https://own.test/${Buffer.from(`${before}${hidden}>`).toString('base64url')}`]),
  ]),
  [
    'with its local part alone in the token of a link',
    source([
      '',
      `https://own.test/?t=${Buffer.from(JSON.stringify({ n: 1, of: hidden.split('@')[0] })).toString('base64url')}`,
    ]),
  ],
  [
    'with that in hex',
    source(['', `https://own.test/${Buffer.from(hidden.split('@')[0] ?? '').toString('hex')}`]),
  ],
  [
    'twice in base64',
    source([
      '',
      `https://own.test/${Buffer.from(Buffer.from(`7:${hidden}`).toString('base64')).toString('base64')}`,
    ]),
  ],
  [
    'in base64 within a part in base64',
    part('base64', base64(`x ${Buffer.from(hidden).toString('base64')}`)),
  ],
])('a text of ours is found %s', async (_, message) => {
  expect(await traceOf(hidden, message)).not.toBeNull()
})

test('a text of ours is found in an attachment, and in a message within the message', async () => {
  const content = Buffer.from(`Bcc: ${hidden}\r\n\r\nHello`)
  for (const contentType of ['application/octet-stream', 'message/rfc822']) {
    const mail = { text: 'Hello', attachments: [{ filename: 'a', contentType, content }] }
    expect(await traceOf(hidden, await new MailComposer(mail).compile().build())).not.toBeNull()
  }
})

test('nothing is found where another one stands', async () => {
  const other = `X-For: first-${'0'.repeat(32)}@inbox.sound.test`
  expect(await traceOf(hidden, source([other, '', 'Hello']))).toBeNull()
})

test('of mail that no program reads it is not said that nothing is in it', async () => {
  const nested = Array.from(
    { length: 1000 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  )
  await expect(traceOf(hidden, Buffer.from(nested.join('')))).rejects.toThrow(UnreadableMail)
  expect(await traceOf(hidden, Buffer.from(`X-For: ${hidden}\r\n${nested.join('')}`))).not.toBeNull()
})
