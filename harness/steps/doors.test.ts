import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted, withApi, zone } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { doorOf, inPlaceOf, keyInPlace } from './doors.ts'

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

test('a made-up secret is shown to a read once a check, whatever is shown beside it, and again after an error', async () => {
  const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
operations: {principal.get: {method: GET, path: /me, result: {id: body.id}}}
mail: {from: a@shop.test}
`
  let errors = 1
  const answer = (request: Recorded): Scripted => {
    if (/right/.test(field(request, 'authorization') ?? '')) return { body: { id: 'u1' } }
    return { status: errors-- > 0 ? 500 : 401 }
  }
  await withApi({ profile, env: { KEY: 'right' }, answer }, async ({ api, requests }) => {
    const kit = { ...sampleKit().kit, api }
    for (const key of ['right-1', 'right-2', 'right-3'])
      await doorOf(kit, 'a key', await inPlaceOf(api, 'admin', key), 'made-up')
    const madeUp = requests.filter((request) => field(request, 'authorization') === 'Bearer made-up')
    expect([requests.length, madeUp.length]).toEqual([5, 2])
  })
})

test.each([
  ['names', '{id: body.id}', [null, '7']],
  ['does not name', '{}', []],
])(
  'an accepted answer that names nobody lets nobody in where the read %s who is let in',
  async (_, result, callers) => {
    const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
operations: {principal.get: {method: GET, path: /me, result: ${result}}}
mail: {from: a@shop.test}
`
    // Whatever is wrong with a credential is said in the body alone.
    const answer = (request: Recorded): Scripted => {
      const [, key] = field(request, 'authorization')?.split(' ') ?? []
      return {
        body: key === 'ended-1234' || key === 'made-up-12' ? { error: 'unauthenticated' } : { id: '7' },
      }
    }
    await withApi({ profile, env: { KEY: 'live-12345' }, answer }, async ({ api }) => {
      const { kit } = sampleKit()
      const ground = { ...kit, api }
      const credential = await api.credential('admin')
      const door = await doorOf(ground, 'admin', credential, 'made-up-12').catch(() => null)
      const seen = [await door?.show('ended-1234'), await door?.show('other-1234')]
      expect(seen.flatMap((shown) => (shown === undefined ? [] : [shown.caller]))).toEqual(callers)
    })
  },
)

test('whoever is nobody may be called a guest: who is called so is not let in', async () => {
  const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
operations: {principal.get: {method: GET, path: /me, result: {id: body.id}}}
mail: {from: a@shop.test}
`
  const answer = (request: Recorded): Scripted => {
    const [, key = ''] = field(request, 'authorization')?.split(' ') ?? []
    return { body: { id: { 'live-12345': '7', 'other-1234': '8' }[key] ?? 'guest' } }
  }
  await withApi({ profile, env: { KEY: 'live-12345' }, answer }, async ({ api }) => {
    const door = await doorOf(
      { ...sampleKit().kit, api },
      'admin',
      await api.credential('admin'),
      'made-up-12',
    )
    const shown = ['live-12345', 'ended-1234', 'other-1234'].map((secret) => door.show(secret))
    expect((await Promise.all(shown)).map(({ caller }) => caller)).toEqual(['7', null, '8'])
  })
})

test.each([
  ['while its owner sees some of it', true, null],
  ['as its owner does', false, 'somebody who may read this'],
])(
  'a list that is empty for an ended secret, %s, where a live one saw some: %s',
  async (_, isThere, caller) => {
    const profile = `
principals: {admin: {bearer: '\${env:KEY}'}, reader: {bearer: '\${env:READER}'}}
operations: {key.list: {method: GET, path: /keys, result: {items: body.data}}}
mail: {from: a@shop.test}
`
    let keys = ['k1', 'k2']
    const answer = (request: Recorded): Scripted => {
      const [, key = ''] = field(request, 'authorization')?.split(' ') ?? []
      return { body: { data: ['live-12345', 'reader-1234'].includes(key) ? keys : [] } }
    }
    const env = { KEY: 'live-12345', READER: 'reader-1234' }
    await withApi({ profile, env, answer }, async ({ api }) => {
      const { kit } = sampleKit()
      const door = await doorOf({ ...kit, api }, 'reader', await api.credential('reader'), 'made-up-12')
      if (!isThere) keys = []
      expect((await door.show('ended-1234')).caller).toBe(caller)
    })
  },
)

test.each([
  [500, 500, 'held'],
  [500, 401, 'unjudged'],
  [401, 500, 'held'],
])('an ended secret that is answered %i, and a made-up one %i: %s', async (ended, madeUp, state) => {
  const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
operations: {principal.get: {method: GET, path: /me, result: {id: body.id}}}
mail: {from: a@shop.test}
`
  const answer = (request: Recorded): Scripted => {
    const [, key] = field(request, 'authorization')?.split(' ') ?? []
    return key === 'live-12345' ? { body: { id: '7' } } : { status: key === 'ended-1234' ? ended : madeUp }
  }
  await withApi({ profile, env: { KEY: 'live-12345' }, answer }, async ({ api }) => {
    const { kit, judge } = sampleKit()
    const { variants } = await judge(() =>
      kit.verify.each([{ name: 'it' }], async () => {
        const ground = { ...kit, api }
        const door = await doorOf(ground, 'admin', await api.credential('admin'), 'made-up-12')
        const { exchange, caller } = await door.show('ended-1234')
        await door.denied(exchange)
        kit.verify.that(caller === null, { of: exchange, expected: '', actual: '' })
      }),
    )
    expect(variants.map((variant) => variant.state)).toEqual([state])
  })
})
