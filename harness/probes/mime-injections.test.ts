import { expect, test } from 'vitest'
import { worstOf } from './injections.ts'
import { UnreadableMail } from './mail.ts'
import { mimeInjectionsIn } from './mime-injections.ts'

const planted = {
  ...{ names: ['Bcc', 'X-Injected'], body: '<b>INJECTED</b>', parameter: 'x-injected' },
  fileName: 'injected.exe',
}

/** A message with a text and one attachment, as it arrives: `part` is the header of that. */
const message = (part: string, text = 'Hello', boundary = 'b1') =>
  Buffer.from(
    [
      'Subject: Invoice',
      `Content-Type: multipart/mixed; boundary="${boundary}"`,
      '',
      `--${boundary}`,
      'Content-Type: text/plain',
      '',
      text,
      `--${boundary}`,
      part,
      'Content-Transfer-Encoding: base64',
      '',
      'SGVsbG8=',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  )
const described = (name: string) => `Content-Disposition: attachment; filename="${name}"`
const told = async (raw: Buffer) => {
  const seen = await mimeInjectionsIn(raw, planted)
  return { severity: worstOf(seen).severity, seen: seen.map(({ what }) => what) }
}

test.each([
  ['a name in quotes', described('a.txt; x-injected=1')],
  ['escaped quotes', described('a.txt\\"; x-injected=\\"1')],
  [
    'RFC 2231',
    "Content-Disposition: attachment; filename*=utf-8''a.txt%22%3B%20x-injected%3D%221%0D%0AX-Injected%3A%201",
  ],
  ['an encoded word', described('=?utf-8?Q?a.txt=0D=0AX-Injected:_1?=')],
  ['a fold', described('a.txt\r\n X-Injected: 1')],
])('what stays in its parameter gains nobody anything: %s', async (_, part) => {
  expect(await told(message(part))).toEqual({ severity: undefined, seen: [] })
})

test('a line end in the description of a part is a field of the part', async () => {
  expect(await told(message(described('a.txt\r\nX-Injected: 1')))).toMatchObject({
    severity: 'high',
    seen: expect.arrayContaining(['a header field X-Injected of a part']),
  })
})

test('a bare one is a field to the programs that take it for a line end, and they are named', async () => {
  const { severity, seen } = await told(message(described('a.txt\nX-Injected: 1')))
  expect(severity).toBe('high')
  expect(seen).toContain(
    'a header field X-Injected to mailparser and postal-mime and Python’s email of a part',
  )
})

test('an empty line in it begins the content of the part', async () => {
  const { severity, seen } = await told(
    message(described('a\r\nContent-Type: text/html\r\n\r\n<b>INJECTED</b>')),
  )
  expect(severity).toBe('high')
  expect(seen).toContain('a body that begins with injected text of a part')
})

test.each([
  ['a.txt"; x-injected="1', 'a parameter x-injected'],
  ['a.txt\\\\"; x-injected="1', 'a parameter x-injected'],
  ['a.txt"; filename="injected.exe', 'two file names in one field'],
  ['a.txt"; filename*="utf-8\'\'injected.exe', 'the file name injected.exe to'],
])('a quote that ends the name of a file is of medium weight: %s', async (name, what) => {
  const { severity, seen } = await told(message(described(name)))
  expect(severity).toBe('medium')
  expect(seen.join()).toContain(what)
})

test('a part within the text is found by whoever knows the boundary', async () => {
  const inner = '\r\n--b1\r\nContent-Type: text/html\r\n\r\n<b>INJECTED</b>'
  const seen = async (boundary: string) =>
    (await told(message(described('a.txt'), `Hello${inner}`, boundary))).severity
  expect(await seen('b1')).toBe('high')
  expect(await seen('b2')).toBeUndefined()
})

test('an attachment of type multipart has parts, encoded or not', async () => {
  const inner = '--nested\r\nContent-Type: text/html\r\n\r\n<b>INJECTED</b>\r\n--nested--\r\n'
  const clear = `Content-Type: multipart/mixed; boundary=nested\r\n\r\n${inner}`
  expect(await told(message(clear))).toMatchObject({ severity: 'high' })
})

test('parts within parts without end, and parts without number, are read in bounded time or not at all', async () => {
  const nest = (depth: number): string =>
    depth === 0
      ? 'Content-Type: text/plain\r\n\r\nx'
      : `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nest(depth - 1)}\r\n--b${depth}--`
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(20_000)}`
  expect((await told(Buffer.from(nest(20)))).seen).toEqual([])
  for (const raw of [nest(200), many]) await expect(told(Buffer.from(raw))).rejects.toThrow(UnreadableMail)
})
