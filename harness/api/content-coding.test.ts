import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decoded } from './content-coding.ts'

const text = '{"token": "Grüße"}'
const whole = (bytes: Buffer) => ({ bytes, cut: false })
const read = async (bytes: Buffer, field: string) =>
  (await decoded(whole(bytes), field, 100)).bytes.toString()

test.each<[string, Buffer]>([
  ['gzip', gzipSync(text)],
  ['X-GZIP', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['identity', Buffer.from(text)],
  ['', Buffer.from(text)],
  ['aws-chunked', Buffer.from(text)],
])('an answer with the content coding "%s" is read', async (field, bytes) => {
  expect(await read(bytes, field)).toBe(text)
})

test('an answer without content, such as one to HEAD, has no coding to undo', async () => {
  expect(await read(Buffer.alloc(0), 'gzip')).toBe('')
})

test('what is deflated without its header is read, as browsers do; what is neither is not', async () => {
  expect(await read(deflateRawSync(text), 'deflate')).toBe(text)
  for (const [field, bytes] of [
    ['deflate', Buffer.from(text)],
    ['gzip', gzipSync(text).subarray(0, -4)],
  ] as const)
    await expect(read(bytes, field)).rejects.toThrow(`the answer is not ${field}`)
})

test('what is not as its field says is a failure that says so', async () => {
  await expect(read(Buffer.from(text), 'gzip')).rejects.toThrow(
    'the answer is not gzip, as its Content-Encoding says',
  )
})

test('of a bomb no more than the bound is unpacked, at any depth, and of what was cut its beginning', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  for (const bytes of [bomb, gzipSync(bomb)]) {
    const field = bytes === bomb ? 'gzip' : 'gzip, gzip'
    const { bytes: kept, cut } = await decoded(whole(bytes), field, 100_000)
    expect([kept.length, cut]).toEqual([100_000, true])
  }
  const half = gzipSync(Buffer.from('word '.repeat(50)), { level: 0 }).subarray(0, 60)
  const { bytes, cut } = await decoded({ bytes: half, cut: true }, 'gzip', 100)
  expect(['word '.repeat(50).startsWith(bytes.toString()), bytes.length > 20, cut]).toEqual([
    true,
    true,
    true,
  ])
})
