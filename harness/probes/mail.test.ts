import { expect, test } from 'vitest'
import { readMail, UnreadableMail } from './mail.ts'
import { evaluate } from './mail-authentication.ts'
import { mimeParts } from './mime-parts.ts'
import { recording } from './resolver.ts'

const resolver = recording(async () => [])
const from = 'From: a@shop.test\r\n'

/** Each within the last. */
function nested(levels: number): string {
  const parts = Array.from(
    { length: levels },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  )
  return `${from}MIME-Version: 1.0\r\n${parts.join('')}\r\nHello\r\n`
}

test.each([
  [
    'a header line of 5 MB',
    `${from}X-Big: ${'x'.repeat(5_000_000)}\r\n\r\nHello\r\n`,
    /5000\d+ bytes in 2 lines/,
  ],
  [
    'a field folded a hundred thousand times',
    `${from}X-Big: ${'x\r\n '.repeat(100_000)}\r\n\r\nHello\r\n`,
    /in 100002 lines/,
  ],
])('%s is no message that programs read, and costs its reader nothing', async (_, text, why) => {
  const raw = Buffer.from(text)
  const circumstances = { ip: '192.0.2.1', helo: 'shop.test', mailFrom: 'a@shop.test', resolver }
  for (const read of [readMail(raw), evaluate(raw, circumstances)]) {
    await expect(read).rejects.toThrow(UnreadableMail)
    await expect(read).rejects.toThrow(why)
  }
})

test('parts within parts without end are no message that programs read', async () => {
  for (const levels of [1000, 100_000])
    await expect(readMail(Buffer.from(nested(levels)))).rejects.toThrow(UnreadableMail)
  expect((await readMail(Buffer.from(nested(20)))).text.trim()).toBe('Hello')
})

test('ten thousand attachments are no message that programs read; a hundred, and lines of dashes in a text, are', async () => {
  const attachment = '--b\r\nContent-Disposition: attachment; filename="x"\r\n\r\nx\r\n'
  const holding = (parts: number) =>
    Buffer.from(
      `${from}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n${'-----\r\n'.repeat(300)}${attachment.repeat(parts)}--b--\r\n`,
    )
  await expect(readMail(holding(10_000))).rejects.toThrow(/more than 1000 of its lines begin as boundaries/)
  expect(() => mimeParts(holding(10_000))).toThrow(/more than 1000 parts/)
  expect((await readMail(holding(100))).others).toHaveLength(100)
  expect(mimeParts(holding(100))).toHaveLength(101)
})

test('what is hidden behind a hundred parts, or nine levels deep, is a part as well', () => {
  expect(mimeParts(Buffer.from(nested(12)))).toHaveLength(12)
  expect(() => mimeParts(Buffer.from(nested(50)))).toThrow(UnreadableMail)
})

test('a large message that people may well send is read', async () => {
  const recipients = Array.from({ length: 9000 }, (_, n) => `reader-${n}@inbox.test`).join(',\r\n ')
  const raw = Buffer.from(`${from}To: ${recipients}\r\n\r\n${'Hello. '.repeat(500_000)}\r\n`)
  expect((await readMail(raw)).text.length).toBeGreaterThan(3_000_000)
})
