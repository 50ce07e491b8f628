import { expect, test } from 'vitest'
import { withApi, zone } from '../api/recording-target.testing.ts'
import { inPlaceOf, keyInPlace } from './doors.ts'

test.each<[string, string, object]>([
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
  [
    'a password that is in the user name as well',
    `basic: {username: 'sk_live_12345@shop', password: '\${env:KEY}'}`,
    { headers: [['authorization', `Basic ${btoa('sk_live_12345@shop:new$&')}`]], query: [] },
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
      expect(await inPlaceOf(api, 'sender', 'new$&')).toMatchObject(as)
      await api.call(
        'message.send',
        { to: `a@inbox.sound.${zone}` },
        await inPlaceOf(api, 'sender', 'other_key'),
      )
      expect(JSON.stringify(requests)).toMatch(/other_key|b3RoZXJfa2V5|c2hvcDpvdGhlcl9rZXk|Om90aGVyX2tleQ/)
    })
  },
)

test('a new key is shown as keys are at that target, by whoever shows one where mail is sent in a session', async () => {
  const profile = `
principals:
  admin: {session: {input: {email: a@shop.test, password: '\${env:KEY}'}}}
  anonymous: {none: true}
  reader: {headers: {X-Api-Key: '\${env:KEY}'}}
operations:
  session.create: {method: POST, path: /session, body: $, result: {token: body.token}}
  message.send: {method: POST, path: /send, as: admin, body: $}
mail: {from: a@shop.test}
`
  await withApi({ profile, env: { KEY: 'sk_live_12345' } }, async ({ api }) => {
    expect(await keyInPlace(api, 'new')).toMatchObject({ headers: [['X-Api-Key', 'new']], query: [] })
  })
})
