import { setTimeout as after } from 'node:timers/promises'
import { deflateRawSync, gzipSync } from 'node:zlib'
import type { Answer, Strike } from './front.ts'
import type { Outlet } from './outlet.ts'

type Fields = readonly (readonly [name: string, value: string])[]

const megabyte = 1024 * 1024
const framing = ['content-length', 'transfer-encoding', 'connection', 'keep-alive']
/** What was asked after it on the same connection would wait behind an answer that the server does not know of. */
const last: Fields = [['connection', 'close']]

/** Status line and header fields, with these in place of the answer's own of that name; its length is the caller's to say. */
function head(answer: Answer, more: Fields = [], status: number | string = answer.status): string {
  const names = [...framing, ...more.map(([name]) => name.toLowerCase())]
  const kept = answer.headers.filter(([name]) => !names.includes(name.toLowerCase()))
  return [
    `HTTP/1.1 ${status} Said`,
    ...[...kept, ...more, ...last].map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')
}

const lengthOf = (body: string | Buffer): Fields => [
  ['content-length', String(Buffer.byteLength(body, 'latin1'))],
]

async function say(to: Outlet, answer: Answer, body: string | Buffer, more: Fields = [], status?: number) {
  await to.write(head(answer, [...lengthOf(body), ...more], status))
  await to.write(body)
  to.end()
}

/** The answer with another body, of the right length. */
const body =
  (change: (text: string, answer: Answer) => string | Buffer, more: Fields = []): Strike =>
  (answer, to) =>
    say(to, answer, change(answer.body.toString('latin1'), answer), more)

/** The answer with more header fields. */
const fields =
  (make: (answer: Answer) => Fields): Strike =>
  (answer, to) =>
    say(to, answer, answer.body, make(answer))

const status =
  (number: number, more: Fields = [], text: string | null = null): Strike =>
  (answer, to) =>
    say(to, answer, text ?? answer.body, more, number)

/** After what the function says, the connection is closed. */
const closing =
  (strike: Strike): Strike =>
  async (answer, to) => {
    await strike(answer, to)
    to.end()
  }

const rawly = (make: (answer: Answer) => string | Buffer): Strike =>
  closing((answer, to) => to.write(make(answer)))

const redirect = (location: (answer: Answer) => string, code = 302) =>
  rawly((answer) =>
    head(
      answer,
      [
        ['location', location(answer)],
        ['content-length', '0'],
      ],
      code,
    ),
  )

/** Every value of a member called `id`. */
const ids = (value: string) => body((text) => text.replace(/"id":"[^"]*"/g, `"id":${JSON.stringify(value)}`))

const gzipped = (bytes: Buffer, times = 1): Buffer =>
  times === 0 ? bytes : gzipped(gzipSync(bytes), times - 1)

/** Gzip of so many megabytes of zeros, made once and never held unpacked. */
const bomb = gzipped(Buffer.alloc(64 * megabyte), 1)

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

const dateOff = (years: number) =>
  fields(() => [['date', new Date(Date.now() + years * 365.25 * 86_400_000).toUTCString()]])

/** What an HTTP answer can do, by a name that tells it. */
export const answerFaults: Readonly<Record<string, Strike>> = {
  // Ends before its end.
  'no answer at all': () => {},
  'closed instead of an answer': (_, to) => to.end(),
  'reset instead of an answer': (_, to) => to.reset(),
  'cut in the status line': rawly(() => 'HTTP/1.1 20'),
  'cut in the header': rawly((answer) => head(answer, lengthOf(answer.body)).slice(0, 60)),
  'cut before the body': rawly((answer) => head(answer, lengthOf(answer.body))),
  'cut in the body': rawly((answer) =>
    Buffer.concat([
      Buffer.from(head(answer, lengthOf(answer.body))),
      answer.body.subarray(0, answer.body.length / 2),
    ]),
  ),
  'reset in the body': async (answer, to) => {
    await to.write(head(answer, [['content-length', String(answer.body.length + 9)]]))
    await to.write(answer.body)
    to.reset()
  },
  'cut in a chunk': rawly((answer) => `${head(answer, [['transfer-encoding', 'chunked']])}ff\r\n{`),
  'closed after the header, with no length': rawly((answer) => head(answer)),

  // Never ends.
  'the status line dripped': (_, to) => to.drip(`HTTP/1.1 200 ${'x'.repeat(900)}`, 100),
  'the header dripped': (answer, to) => to.drip(head(answer, [['x', 'x'.repeat(900)]]), 100),
  'the body dripped': async (answer, to) => {
    await to.write(head(answer, [['content-length', '900']]))
    await to.drip(' '.repeat(900), 100)
  },
  'an endless status line': async (_, to) => {
    await to.write('HTTP/1.1 200 ')
    await to.flood('x'.repeat(65_536))
  },
  'an endless header': async (answer, to) => {
    await to.write(head(answer).slice(0, -2))
    await to.flood(`x-more: ${'x'.repeat(1000)}\r\n`.repeat(64))
  },
  'an endless body': async (answer, to) => {
    await to.write(head(answer))
    await to.flood('['.repeat(65_536))
  },
  'endless chunks of one byte': async (answer, to) => {
    await to.write(head(answer, [['transfer-encoding', 'chunked']]))
    await to.flood('1\r\n \r\n'.repeat(8192))
  },
  'endless trailers': async (answer, to) => {
    await to.write(`${head(answer, [['transfer-encoding', 'chunked']])}0\r\n`)
    await to.flood(`x-more: ${'x'.repeat(1000)}\r\n`.repeat(64))
  },
  'endless 100 Continue': (_, to) => to.flood('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)),
  'endless 103 Early Hints': (_, to) =>
    to.flood('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(1000)),
  'endless gzip': async (answer, to) => {
    await to.write(head(answer, [['content-encoding', 'gzip']]))
    await to.write(Buffer.from([31, 139, 8, 0, 0, 0, 0, 0, 0, 3]))
    const blocks = deflateRawSync(Buffer.alloc(16 * megabyte), { finishFlush: 3 })
    await to.flood(blocks)
  },

  // Says of its size what is not so.
  'a length beyond the body': (answer, to) =>
    to.write(
      Buffer.concat([
        Buffer.from(head(answer, [['content-length', String(answer.body.length + 50)]])),
        answer.body,
      ]),
    ),
  'a length short of the body': (answer, to) =>
    to.write(
      Buffer.concat([
        Buffer.from(head(answer, [['content-length', '2']])),
        answer.body,
        Buffer.from(' '.repeat(99)),
      ]),
    ),
  'two lengths': rawly(
    (answer) =>
      `${head(answer, [...lengthOf(answer.body), ['content-length', '3']])}${answer.body.toString('latin1')}`,
  ),
  'a negative length': rawly(
    (answer) => `${head(answer, [['content-length', '-5']])}${answer.body.toString('latin1')}`,
  ),
  'a length of 20 digits': rawly((answer) => `${head(answer, [['content-length', '9'.repeat(20)]])}{}`),
  'a length and chunks': rawly(
    (answer) =>
      `${head(answer, [
        ['content-length', '4'],
        ['transfer-encoding', 'chunked'],
      ])}0\r\n\r\n`,
  ),
  'a chunk size that is none': rawly(
    (answer) => `${head(answer, [['transfer-encoding', 'chunked']])}zz\r\n{}\r\n0\r\n\r\n`,
  ),
  'a chunk size of 40 digits': rawly(
    (answer) => `${head(answer, [['transfer-encoding', 'chunked']])}${'f'.repeat(40)}\r\n{}`,
  ),
  'a chunk extension of 1 MB': rawly(
    (answer) =>
      `${head(answer, [['transfer-encoding', 'chunked']])}2;${'x'.repeat(megabyte)}\r\n{}\r\n0\r\n\r\n`,
  ),
  'a second answer that nobody asked for': (answer, to) => {
    const denied = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}'
    const kept = head(answer, lengthOf(answer.body)).replace('connection: close\r\n', '')
    return to.write(`${kept}${answer.body.toString('latin1')}${denied}`)
  },
  '204 with a body': (answer, to) => to.write(`${head(answer, lengthOf('{}'), 204)}{}`),

  // Is packed badly.
  'a gzip bomb': body(() => bomb, [['content-encoding', 'gzip']]),
  'a gzip bomb in gzip': body(() => gzipped(bomb), [['content-encoding', 'gzip, gzip']]),
  'broken gzip': body((text) => gzipSync(text).fill(7, 12), [['content-encoding', 'gzip']]),
  'gzip that is cut': body((text) => gzipSync(text).subarray(0, 20), [['content-encoding', 'gzip']]),
  'gzip that is none': body((text) => text, [['content-encoding', 'gzip']]),
  'an unknown coding': body((text) => text, [['content-encoding', 'x-rot13']]),
  'a hundred codings': body((text) => text, [['content-encoding', Array(100).fill('gzip').join(', ')]]),

  // Is no HTTP/1.1.
  'HTTP/1.0 without a length': rawly(
    (answer) => `${head(answer).replace('1.1', '1.0')}${answer.body.toString('latin1')}`,
  ),
  'HTTP/0.9': rawly((answer) => answer.body),
  'HTTP/9.9': rawly((answer) => head(answer, lengthOf('')).replace('1.1', '9.9')),
  'the preface of HTTP/2': rawly(() => Buffer.from('000012040000000000000300000064000400100000', 'hex')),
  '101 Switching Protocols': rawly((answer) =>
    head(
      answer,
      [
        ['upgrade', 'h2c'],
        ['connection', 'upgrade'],
      ],
      101,
    ),
  ),
  'line feeds for line ends': rawly(
    (answer) =>
      `${head(answer, lengthOf(answer.body)).replaceAll('\r\n', '\n')}${answer.body.toString('latin1')}`,
  ),
  'a header line that goes on in the next': rawly(
    (answer) =>
      `${head(answer, [...lengthOf(answer.body), ['x-folded', 'a\r\n b']])}${answer.body.toString('latin1')}`,
  ),
  'a header line without a name': rawly(
    (answer) => `${head(answer, [...lengthOf(answer.body), ['', 'x']])}${answer.body.toString('latin1')}`,
  ),
  'a NUL in a header field': rawly(
    (answer) => `${head(answer, [...lengthOf(answer.body), ['x', 'a\0b']])}${answer.body.toString('latin1')}`,
  ),
  'a header line of 5 MB': rawly(
    (answer) =>
      `${head(answer, [...lengthOf(answer.body), ['x', 'x'.repeat(5 * megabyte)]])}${answer.body.toString('latin1')}`,
  ),
  'a header of 15 kB': fields(() => [['x-long', 'x'.repeat(15_000)]]),
  'a thousand cookies': fields(() =>
    Array.from({ length: 500 }, (_, i) => ['set-cookie', `c${i}=1; Path=/`] as const),
  ),
  'two types': fields(() => [
    ['content-type', 'text/plain'],
    ['content-type', 'application/json'],
  ]),

  // Has a status that means nothing, or something else.
  'status 0': rawly((answer) => head(answer, lengthOf(''), '000')),
  'status 999': status(999),
  'status 1000': rawly((answer) => head(answer, lengthOf(''), '1000')),
  'status -1': rawly((answer) => head(answer, lengthOf(''), '-1')),
  'a redirect to itself': redirect(({ asked }) => asked.path),
  'a redirect outside': redirect(() => 'https://outside.example.org/v1/me', 307),
  'a redirect to a file': redirect(() => 'file:///etc/passwd', 301),
  'a redirect with a line break': redirect(() => '/%0d%0aset-cookie:x=1', 308),
  '429 for a thousand years': status(429, [['retry-after', '31536000000']], '{}'),
  '429 with a Retry-After that is none': status(429, [['retry-after', '-1e9999; soon']], '{}'),
  '429 until the year 9999': status(429, [['retry-after', 'Fri, 31 Dec 9999 23:59:59 GMT']], '{}'),
  '503 at once again': status(503, [['retry-after', '0']], '{}'),
  '500 with a page': status(500, [['content-type', 'text/html']], '<script>alert(1)</script>'),
  '200 with a page': status(200, [['content-type', 'text/html']], '<h1>Welcome</h1>'),
  '407 of a proxy': status(407, [['proxy-authenticate', 'Basic realm="x"']], '{}'),

  // Is no JSON, or not the one that was meant.
  'JSON that is cut': body((text) => text.slice(0, text.length / 2)),
  'JSON in UTF-16': body(
    (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    [['content-type', 'application/json; charset=utf-16']],
  ),
  'bytes that are no UTF-8': body((text) => Buffer.from(text.replaceAll('a', '\xe9\xff'), 'latin1')),
  'JSON after a byte order mark': body((text) => `\xef\xbb\xbf${text}`),
  'JSON of 100,000 levels': body(() => nested('[', ']', 100_000)),
  'JSON objects of 50,000 levels': body(() => `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`),
  'JSON of 20 MB': body(() => `{"data":[${'{"id":"x"},'.repeat(2_000_000)}{}]}`),
  'keys twice': body((text) =>
    text.replace(/^\{/, '{"id":"first","data":[],"access_token":"x",').replace(/\}$/, ',"id":"last"}'),
  ),
  '__proto__ and constructor': body((text) =>
    text.replace(/^\{/, '{"__proto__":{"id":"p","polluted":1},"constructor":{"prototype":{"polluted":1}},'),
  ),
  'lone surrogates for ids': body((text) => text.replace(/"id":"[^"]*"/g, '"id":"\\ud800x\\udfff"')),
  'NaN and Infinity': body((text) => text.replace(/"id":"[^"]*"/g, '"id":NaN,"n":-Infinity')),
  'numbers beyond numbers': body((text) =>
    text.replace(/"id":"[^"]*"/g, '"id":1e999').replace(/"expires_in":\d+/, '"expires_in":-1e308'),
  ),
  'null for a body': body(() => 'null'),
  'a list for an object': body((text) => `[${text}]`),
  'numbers for ids': body((text) => text.replace(/"id":"[^"]*"/g, '"id":0')),
  'objects for ids': body((text) => text.replace(/"id":"[^"]*"/g, '"id":{"toString":null,"length":1e9}')),
  'ids of a megabyte': ids('x'.repeat(500_000)),
  'ids with controls of terminals': ids('\u001b]0;owned\u0007\u001b[2J\u009b31m\u0000\u007f'),
  'ids that turn the reading around': ids('a\u202egnp.\u2066exe\u2028\u2029\ufeff\u{e0041}'),
  'ids that are paths': ids('../../v1/keys?x=#\r\nx: y'),
  'ids that are expressions': ids('{id}$\u007benv:HOME}$eval("1")'),
  'the request said back': body((_, { asked }) =>
    JSON.stringify({ error: asked.headers, echo: asked.body, path: asked.path }),
  ),
  'the credential in the reason phrase': rawly((answer) => {
    const { headers, body: sent } = answer.asked
    const phrase = `No ${headers['authorization']} ${sent.slice(0, 900)}`.replace(/[\r\n]/g, ' ')
    return `${head(answer, lengthOf('{}')).replace('Said', () => phrase)}{}`
  }),

  // Has another time.
  'a clock ten years ahead': dateOff(10),
  'a clock ten years behind': dateOff(-10),
  'a date that is none': fields(() => [['date', 'the day after tomorrow']]),
  'answers a second late': async (answer, to) => {
    await after(1000)
    await say(to, answer, answer.body)
  },
}

/** Those which are tried on what is legitimate as well: what comes of lists, of what is made, of taking back. */
export const onAnswers: ReadonlySet<string> = new Set([
  'no answer at all',
  'reset instead of an answer',
  'cut in the body',
  'the body dripped',
  'an endless header',
  'an endless body',
  'endless gzip',
  'a length beyond the body',
  'a second answer that nobody asked for',
  'a gzip bomb in gzip',
  'line feeds for line ends',
  'a header line of 5 MB',
  'status 999',
  'a redirect to itself',
  '429 for a thousand years',
  '503 at once again',
  'JSON of 100,000 levels',
  'JSON of 20 MB',
  '__proto__ and constructor',
  'lone surrogates for ids',
  'objects for ids',
  'ids of a megabyte',
  'ids with controls of terminals',
  'ids that turn the reading around',
  'ids that are paths',
  'the credential in the reason phrase',
  'a clock ten years ahead',
])

/** Those which are tried on sign-ins, too, where nothing comes after them. */
export const onSignIns: ReadonlySet<string> = new Set([
  'no answer at all',
  'endless 103 Early Hints',
  'broken gzip',
  '500 with a page',
  'a redirect outside',
  'numbers beyond numbers',
  'the request said back',
])

/** Those by which whoever attacks is turned away, in whatever way. */
export const turningAway: ReadonlySet<string> = new Set([
  'status 999',
  'a redirect to itself',
  'a redirect outside',
  'a redirect to a file',
  'a redirect with a line break',
  '503 at once again',
  '500 with a page',
  '407 of a proxy',
])

/** Those which say no to what was done: nobody looks for what was refused. */
export const denials: ReadonlySet<string> = new Set([
  '429 for a thousand years',
  '429 with a Retry-After that is none',
  '429 until the year 9999',
  '407 of a proxy',
  // Its lists are empty.
  'the credential in the reason phrase',
])
