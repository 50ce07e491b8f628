import { Client } from 'undici'
import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { assertFields, assertSendable, assertText, Unsendable } from './sendable.ts'

const plain: HttpRequest = {
  method: 'POST',
  origin: 'http://127.0.0.1:1',
  path: '/a',
  headers: [['accept', '*/*']],
  body: 'hello',
}

const withField = (name: string, value: string): HttpRequest => ({ ...plain, headers: [[name, value]] })
/** Every octet, and some characters that are none. */
const characters = [
  ...Array.from({ length: 0x102 }, (_, code) => String.fromCharCode(code)),
  '\u20ac',
  '\u2028',
  '\ud800',
  '😀',
]

const requests: readonly (readonly [string, HttpRequest])[] = [
  ...characters.flatMap((character): [string, HttpRequest][] => {
    const name = JSON.stringify(character)
    return [
      [`a method with ${name}`, { ...plain, method: `X${character}` }],
      [`a path with ${name}`, { ...plain, path: `/a${character}b` }],
      [`a field name with ${name}`, withField(`X-A${character}b`, 'x')],
      [`a field value with ${name}`, withField('X-A', `a${character}b`)],
      [`a Connection with ${name}`, withField('Connection', `close, a${character}b`)],
    ]
  }),
  ['no method', { ...plain, method: '' }],
  ['no field name', withField('', 'x')],
  ['an empty field', withField('X-A', '')],
  ['a path without a slash', { ...plain, path: 'a' }],
  ['a second Content-Type', withField('Content-Type', 'a')],
  ...['Transfer-Encoding', 'Keep-Alive', 'Upgrade', 'Expect', 'TE', 'Trailer', 'Proxy-Connection'].map(
    (name) => [`a field ${name}`, withField(name, 'trailers')] as const,
  ),
  ['two Host', { ...plain, headers: [...withField('Host', 'a').headers, ['host', 'a']] }],
  ['one Host', withField('Host', 'a')],
  ['the right length', withField('Content-Length', '5')],
  ['a length that is no number', withField('Content-Length', '+5')],
  [
    'two lengths',
    { ...plain, headers: [...withField('Content-Length', '5').headers, ['content-length', '5']] },
  ],
]

/** Whether undici refuses it before it would connect. */
async function undiciRefuses({ method, origin, path, headers, body }: HttpRequest): Promise<boolean> {
  const client = new Client(origin, { connect: () => {} })
  let refused = false
  client.dispatch(
    { method, path, headers: headers.flat(), body },
    {
      onRequestStart: () => {},
      onResponseStart: () => {},
      onResponseData: () => {},
      onResponseEnd: () => {},
      onResponseError: () => {
        refused = true
      },
    },
  )
  const seen = refused
  await client.destroy()
  return seen
}

test('what undici refuses to send is refused before, and nothing else', async () => {
  const differing: string[] = []
  for (const [name, request] of requests) {
    const ours = (() => {
      try {
        assertSendable(request)
        return false
      } catch (error) {
        if (error instanceof Unsendable) return true
        throw error
      }
    })()
    if (ours !== (await undiciRefuses(request))) differing.push(name)
  }
  expect(differing).toEqual([])
})

test('a length that is not that of the body would have the target wait', () => {
  for (const [body, length] of [
    ['hello', '6'],
    ['é', '1'],
    [null, '1'],
  ] as const)
    expect(() => assertSendable({ ...withField('Content-Length', length), body })).toThrow(Unsendable)
})

test('what cannot be sent is named without what it is part of, and where it comes from', () => {
  const source = { from: 'the credential of sender', remedy: 'see it' }
  const said = (value: string) => {
    try {
      assertFields([['X-Key', value]], source)
    } catch (error) {
      return String(error)
    }
    return 'nothing'
  }
  expect(said('sk_live\n')).toBe(
    'Unproven: no HTTP client sends the header field X-Key with a line break in it (RFC 9110 section 5.5): it comes from the credential of sender; see it',
  )
  expect(
    [said('sk_live\0'), said('€'), said('😀')].map((text) => /with (\S+) in it/.exec(text)?.[1]),
  ).toEqual(['U+0000', 'U+20AC', 'U+1F600'])
  expect(said('sk_live é\t')).toBe('nothing')
  expect(() => assertText('a\ud83d', source)).toThrow('a lone surrogate')
})
