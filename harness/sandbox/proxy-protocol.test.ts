import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { type ProxyHeader, readProxyHeader } from './proxy-protocol.ts'

/** What is read of a connection on which this comes, part by part, and what comes behind `head`. */
async function readOf(parts: readonly string[]): Promise<{ header: ProxyHeader | null; rest: string }> {
  const socket = new PassThrough()
  const header = readProxyHeader(socket)
  for (const part of parts) {
    socket.write(part, 'latin1')
    await new Promise(setImmediate)
  }
  socket.end()
  return { header: await header, rest: (await socket.setEncoding('latin1').toArray()).join('') }
}

const from = { address: '172.18.0.3', port: 48_248 }
const to = { address: '172.18.130.7', port: 25 }
const line = 'PROXY TCP4 172.18.0.3 172.18.130.7 48248 25\r\n'

test.each([
  ['alone', [line], ''],
  ['with what follows', [`${line}EHLO a\r\n`], 'EHLO a\r\n'],
  ['octet by octet', [...line], ''],
])('a header is read, %s', async (_, parts, head) => {
  const { header } = await readOf(parts)
  expect(header).toEqual({ source: from, destination: to, head: Buffer.from(head) })
})

test('what comes later stays in the socket', async () => {
  const { header, rest } = await readOf([`${line}EHLO`, ' a\r\n'])
  expect([header?.head.toString(), rest]).toEqual(['EHLO', ' a\r\n'])
})

test.each([
  ['nothing', []],
  ['a header that never ends', ['PROXY TCP4 ', 'x'.repeat(200)]],
  ['SMTP', ['EHLO a\r\n']],
  ['a peer that is not known', ['PROXY UNKNOWN\r\n']],
  ['IPv6', ['PROXY TCP6 ::1 ::1 1 25\r\n']],
  ['an address that is none', ['PROXY TCP4 172.18.0.256 172.18.130.7 1 25\r\n']],
  ['a port that is none', ['PROXY TCP4 172.18.0.3 172.18.130.7 1 65536\r\n']],
  ['a port that is a name', ['PROXY TCP4 172.18.0.3 172.18.130.7 1 smtp\r\n']],
  ['two spaces', ['PROXY TCP4  172.18.0.3 172.18.130.7 1 25\r\n']],
  ['LF alone', [line.replace('\r', '')]],
  ['version 2', ['\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c']],
])('no header: %s', async (_, parts) => {
  expect((await readOf(parts)).header).toBeNull()
})
