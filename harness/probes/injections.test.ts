import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { headerReadings } from './header-readings.ts'
import { injectionsIn, worstOf } from './injections.ts'

const planted = { names: ['Bcc', 'X-Injected'], body: 'INJECTED' }
/** As it arrives: a subject that spells two fields and a body with this for a line end. */
const message = (eol: string) =>
  Buffer.from(
    `Subject: ${['Invoice', 'Bcc: <h@x.test>', 'X-Injected: 1', '', 'INJECTED'].join(eol)}\r\nTo: a@x.test\r\n\r\nHello\r\n`,
  )
const told = async (raw: Buffer) => {
  const seen = await injectionsIn(raw, planted)
  return { severity: worstOf(seen).severity, seen: seen.map(({ what }) => what) }
}

test.each([
  ['Subject: a\r\nBcc: x@y.test\r\n\r\nHello', ['a header field Bcc']],
  ['Subject: a\r\n\r\nBcc: x@y.test\r\nX-Injected: 1', ['a body that begins with injected text']],
  ['Subject: a\r\n\r\n\r\nbcc: x@y.test', ['a body that begins with injected text']],
  ['Subject: a\r\n\r\nINJECTED', ['a body that begins with injected text']],
])('what every program reads as a field or as the body is high: %j', async (raw, seen) => {
  expect(await told(Buffer.from(raw))).toEqual({ severity: 'high', seen })
})

test.each(['', '\u2028', '\u0085', '%0d%0a', '\r\n ', '\r\n\t'])('%j gains nobody anything', async (eol) => {
  expect(await told(message(eol))).toEqual({ severity: undefined, seen: [] })
})

test.each([
  ['\v', 'low', 'a control character'],
  ['\f', 'low', 'a control character'],
  ['\x1c', 'low', 'a control character'],
  ['\0', 'medium', 'a NUL'],
])('%j inside one line is %s: no program reads a field in it', async (eol, severity, what) => {
  expect(await told(message(eol))).toEqual({ severity, seen: [`${what} in the header block`] })
})

test.each([
  ['\r\n\v', 'mailparser'],
  ['\r\n\f', 'mailparser'],
  ['\n', 'mailparser and postal-mime and Python’s email'],
  ['\r', 'Python’s email'],
])(
  'where %j begins a field for one program alone, it is high, and the program is named',
  async (eol, programs) => {
    const { severity, seen } = await told(message(eol))
    expect(severity).toBe('high')
    expect(seen).toContain(`a header field Bcc to ${programs}`)
  },
)

test('a line that one program takes for the end of the header is high', async () => {
  const { severity, seen } = await told(Buffer.from('Subject: a\r\n\vBcc: <h@x.test>\r\n\r\nHello'))
  expect(severity).toBe('high')
  expect(seen).toContain('a body that begins with injected text to Python’s email')
})

test('a field that the caller may write anyway is no gain', async () => {
  const raw = Buffer.from('X-Injected: A: v\r\nX A: v\r\n\r\nHello')
  const seen = await injectionsIn(raw, { ...planted, mayWrite: ['X-Injected'] })
  expect(seen.map(({ severity }) => severity)).toEqual(['low', 'low'])
})

test('a block as long as a target likes is read in bounded time and memory', async () => {
  const long = Buffer.from(`Subject: a\r\n${'X: 1\n'.repeat(200_000)}\r\n\r\nHello`)
  expect(await told(long)).toMatchObject({ severity: 'low' })
})

const python = (() => {
  try {
    return execFileSync('python3', ['--version'], { encoding: 'utf8' })
  } catch {
    return null
  }
})()

test
  .skipIf(python === null)
  .each([
    ...['\r\n', '\n', '\r', '\r\r\n', '\n\r', '\v', '\r\n\v', '\r\n ', '\0', '\x1c'].map(message),
    Buffer.from('From me\r\nSubject: a\r\n b\r\n\r\nHello'),
    Buffer.from(' folded\r\nSubject: a\r\n\r\nHello'),
    Buffer.from('Subject : a\r\n\r\nHello'),
  ])('Python’s email reads the block as it is said to: %j', async (raw) => {
  const program = [
    'import email, json, sys',
    'message = email.message_from_bytes(sys.stdin.buffer.read())',
    'print(json.dumps([[name.lower() for name in message.keys()], message.get_payload()]))',
  ].join('\n')
  const [names, body] = JSON.parse(
    execFileSync('python3', ['-c', program], { input: raw, encoding: 'utf8' }),
  ) as [string[], string]
  const reading = (await headerReadings(raw)).find(({ parser }) => parser === 'Python’s email')
  expect({ names: reading?.names, body: reading?.body }).toEqual({ names, body })
})
