import { expect, test } from 'vitest'
import type { Api, As } from '../api/api.ts'
import type { Verify } from '../check/verify.ts'
import { inPlaceOf, liveToken } from './tokens.ts'

const jwt = (payload: object) =>
  [{ alg: 'ES256' }, payload, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
const token = jwt({ sub: '42' })

/** An API that looks at one header field for its token, and at no other. */
function api(field: string, value: (token: string) => string, kind = 'cookie'): Api {
  const credential = { kind, token, headers: [[field, value(token)]], query: [] }
  const call = async (_operation: string, _input: unknown, as: As) => {
    const headers =
      typeof as === 'string'
        ? credential.headers
        : as !== null && 'headers' in as
          ? as.headers
          : [['authorization', '']]
    const accepted = headers.some(([name, text]) => name === field && text === value(token))
    return { answer: accepted ? 'accepted' : 'refused', result: accepted ? { id: '42' } : null }
  }
  return { credential: async () => credential, call } as unknown as Api
}

const held: Pick<Verify, 'held'> = {
  held(condition, reason) {
    if (!condition) throw new Error(reason)
  },
}

test('a forged token is shown where the target looks for its own: in a cookie', async () => {
  const live = await liveToken(
    api('cookie', (text) => `session=${text}`),
    held as Verify,
  )
  expect(live.present('forged')).toEqual({ headers: [['cookie', 'session=forged']] })
})

test('a token that cannot be shown as the live one is proves nothing by its refusal', async () => {
  const hidden = api('cookie', (text) => Buffer.from(text).toString('base64'))
  await expect(liveToken(hidden, held as Verify)).rejects.toThrow('no forged one')
})

test('a key takes the place of a principal’s own in Basic', async () => {
  const basic = (text: string) => `Basic ${Buffer.from(`apikey:${text}`).toString('base64')}`
  expect(await inPlaceOf(api('authorization', basic, 'basic'), 'sender', 'key$&')).toEqual({
    headers: [['authorization', basic('key$&')]],
  })
})
