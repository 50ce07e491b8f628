import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Api, As } from '../api/api.ts'
import { withApi, zone } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { decodeJwt } from '../probes/jwt.ts'
import type { Profile } from '../profile/profile.ts'
import { inPlaceOf, liveToken, ownSigning, publishedKeys } from './tokens.ts'

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
  return { credential: async () => credential, call, said: () => 'as it was' } as unknown as Api
}

/** Guards alone: what does not hold throws. */
const verify = sampleKit().kit.verify

test('a forged token is shown where the target looks for its own: in a cookie', async () => {
  const live = await liveToken({ api: api('cookie', (text) => `session=${text}`), verify })
  expect(live.present('forged')).toEqual({ headers: [['cookie', 'session=forged']], query: [] })
})

test('a token that cannot be shown as the live one is proves nothing by its refusal', async () => {
  const hidden = api('cookie', (text) => Buffer.from(text).toString('base64'))
  await expect(liveToken({ api: hidden, verify })).rejects.toThrow('no forged one')
})

test.each<[string, string, As]>([
  [
    'a header of several words',
    `headers: {Authorization: 'token reader:\${env:KEY}'}`,
    { headers: [['Authorization', 'token reader:new$&']], query: [] },
  ],
  [
    'one header of several',
    `headers: {X-Account: '\${env:ACCOUNT}', X-Api-Key: '\${env:KEY}', X-Api-Version: '\${env:VERSION}-2'}`,
    {
      headers: [
        ['X-Account', 'shop'],
        ['X-Api-Key', 'new$&'],
        ['X-Api-Version', 'v2030-2'],
      ],
      query: [],
    },
  ],
  [
    'a bearer token with a word before it',
    `bearer: 'pat-\${env:KEY}'`,
    { headers: [['authorization', 'Bearer pat-new$&']], query: [] },
  ],
  [
    'a password',
    `basic: {username: '\${env:ACCOUNT}', password: '\${env:KEY}'}`,
    { headers: [['authorization', `Basic ${btoa('shop:new$&')}`]], query: [] },
  ],
  ['the query', `query: {api_key: '\${env:KEY}'}`, { headers: [], query: [['api_key', 'new$&']] }],
])(
  'a new key takes the place of what a reference stands for, and of nothing around it: %s',
  async (_, shown, as) => {
    const profile = `
principals: {sender: {${shown}}}
operations: {message.send: {method: POST, path: /send, body: $}}
mail: {from: a@shop.test}
`
    const env = { ACCOUNT: 'shop', KEY: 'sk_live_12345', VERSION: 'v2030' }
    await withApi({ profile, env }, async ({ api, requests }) => {
      expect(await inPlaceOf(api, 'sender', 'new$&')).toEqual(as)
      await api.call(
        'message.send',
        { to: `a@inbox.sound.${zone}` },
        await inPlaceOf(api, 'sender', 'other_key'),
      )
      expect(JSON.stringify(requests)).toMatch(/other_key|b3RoZXJfa2V5|c2hvcDpvdGhlcl9rZXk/)
    })
  },
)

test('a signing key that cannot sign as the target does is the profile’s fault, and unproven', () => {
  const decoded = decodeJwt(token)
  if (decoded === null) throw new Error('expected a token')
  const signing = (signingKey: string) => ownSigning({ jwt: { signingKey } } as Profile, decoded)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(signing(pem)).toEqual({ kind: 'key', pem, alg: 'ES256' })
  for (const broken of [pem.slice(0, 80), 'hunter2', ''])
    expect(() => signing(broken)).toThrow(
      expect.objectContaining({
        name: 'Unproven',
        message: expect.stringMatching(/^jwt\.signingKey of the profile cannot sign by ES256, .* \(ERR_/),
      }),
    )
})

test('a member of a key set that is no key is left out; a set without any proves nothing', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const good = publicKey.export({ format: 'jwk' })
  const broken = { kty: 'RSA', n: 7, e: null }
  const keysOf = (keys: unknown[]) => {
    const send = async () => ({ response: { body: JSON.stringify({ keys }) } })
    const profile = { target: { url: 'http://127.0.0.1:1' }, jwt: { jwks: '/jwks' } } as Profile
    return publishedKeys({ api: { send } as unknown as Api, profile, verify })
  }
  expect(await keysOf([broken, good, null])).toEqual([good])
  await expect(keysOf([broken])).rejects.toThrow('/jwks gave no JWK Set with a key that can be read')
})
