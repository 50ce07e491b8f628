import { expect, test } from 'vitest'
import type { Api, As } from '../api/api.ts'
import { bearerCredential, type LiveCredential } from '../api/principals.ts'
import { field, type Recorded, withApi } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Submission } from '../check/submission.ts'
import type { Answer, Delivery } from '../model.ts'
import {
  channelsOpenedBy,
  makeKey,
  openFor,
  openingScopes,
  opensToo,
  stillOpened,
  weightOf,
} from './key-channels.ts'

/** An API of so many servers that each remember whether a key is good, of which only the first hears of what is revoked. */
function servers(count: number, { ofEight = 8 } = {}) {
  const remembered = Array.from({ length: count }, () => new Map<string, boolean>())
  const revoked = new Set<string>()
  const accepted = new Set<string>()
  let turns = 0
  let asked = 0
  const { kit, judge } = sampleKit({
    call(_, { to }, as) {
      const { token } = as as LiveCredential
      if (asked++ % 8 >= ofEight) return sampleExchange('limited')
      const keys = remembered[turns++ % count]
      const good = keys?.get(token) ?? !revoked.has(token)
      keys?.set(token, good)
      if (good) accepted.add(String(to))
      return sampleExchange(good ? 'accepted' : 'refused')
    },
    wire: {
      arrival: async ({ to }) => (accepted.has(String(to)) ? [{ id: to } as unknown as Delivery] : []),
      deliveries: async ({ to } = {}) =>
        accepted.has(String(to)) ? [{ id: to } as unknown as Delivery] : [],
    },
  })
  const revoke = (key: string) => {
    revoked.add(key)
    remembered[0]?.delete(key)
  }
  return { kit, judge, revoke }
}

test.each([
  [1, null],
  [2, 'accepted'],
  [4, 'accepted'],
] as const)(
  'of %d servers, of which one hears that a key is revoked, the key opens: %s',
  async (count, open) => {
    const { kit, judge, revoke } = servers(count)
    const judged = await judge(async () => {
      const [http] = await channelsOpenedBy(kit, { secret: 'k1' })
      revoke('k1')
      expect((await http?.stillOpen())?.answer ?? null).toBe(open)
      expect(
        await opensToo(kit, { secret: 'k2' })({ name: 'HTTP' } as Parameters<ReturnType<typeof opensToo>>[0]),
      ).toBe(true)
      kit.verify.that(true, { expected: '', actual: '' })
    })
    expect(judged).toMatchObject({ verdict: 'pass' })
  },
)

test('tries that a limit refuses say nothing, and the others count', async () => {
  const { kit, judge, revoke } = servers(2, { ofEight: 4 })
  const judged = await judge(async () => {
    const [http] = await channelsOpenedBy(kit, { secret: 'k1' })
    revoke('k1')
    expect((await http?.stillOpen())?.answer).toBe('accepted')
    kit.verify.that(true, { expected: '', actual: '' })
  })
  expect(judged).toMatchObject({ verdict: 'pass' })
})

/** A clock that goes on by what is waited for, and a channel that closes then, in milliseconds. */
function closing(at: number) {
  let time = 0
  const pause = async (milliseconds: number) => {
    time += milliseconds
  }
  const clock = { now: () => time, pause }
  return { clock, letsIn: async () => time < at }
}

test.each([
  [200, 0],
  [45_200, 45],
  [90_000, null],
])('a key that works on for %d ms is seen to work for %j s', async (at, seconds) => {
  const { clock, ...channel } = closing(at)
  expect(await openFor(channel, 0, 0, clock)).toBe(seconds)
})

test('one server that still lets in, among several that do not, is no end', async () => {
  const { clock } = closing(0)
  const letsIn = async () => clock.now() <= 20_000 && clock.now() % 4000 === 0
  expect(await openFor({ letsIn }, 0, 0, clock)).toBe(20)
})

test.each([
  [2, 0, 'low'],
  [45, 0, 'high'],
  [45, 42, 'low'],
  [null, 0, 'critical'],
] as const)('%j s where %d were promised are %s', (seconds, promised, severity) => {
  expect(weightOf(seconds, promised)).toBe(severity)
})

test('a channel is closed whatever became of it', async () => {
  let closed = 0
  const channel = {
    ...{ name: 'an SMTP session', wasOpen: true, letsIn: async () => false, close: () => void closed++ },
    stillOpen: async () => Promise.reject(new Error('a limit')),
  }
  await expect(stillOpened(channel, 0)).rejects.toThrow('a limit')
  expect(closed).toBe(1)
})

const read = {
  ...{ name: 'contact.list', kind: 'contact', effect: 'read', object: null, caller: null, as: 'admin' },
  ...{ path: '/', inputs: new Set(), example: {}, steps: [] },
}
const unseen = { target: { url: 'https://api.test' }, mail: { from: 'a@b.test', delivery: { within: 1 } } }

/** In front of a target without mail to be seen, whose only read answers to each key so; the rest makes a key. */
function kitOf(answers: (key: string) => Answer, key: object = { id: 'k1', secret: 'sk_live_new' }): Kit {
  const keyIn = (as: As) => JSON.stringify(as)
  const { kit } = sampleKit({
    has: (operation) => ['key.create', 'contact.list'].includes(operation),
    profile: { ...unseen, operations: { 'contact.list': read }, principals: { sender: {} } },
    call: (operation, _, as = null) =>
      operation === 'contact.list'
        ? sampleExchange(answers(keyIn(as)), { operation })
        : sampleExchange('accepted', { operation, result: key }),
  })
  const api = { ...kit.api, credential: async () => bearerCredential('sk_live_old') } as unknown as Api
  return { ...kit, api }
}

test('a key of a target without scopes, whose mail nobody sees, opens what it may read', async () => {
  let revoked = false
  const kit = kitOf((key) => (key.includes('sk_live_new') && !revoked ? 'accepted' : 'refused'))
  expect(openingScopes(kit)).toBeUndefined()
  const key = await makeKey(kit, 'new', openingScopes(kit))
  const [http, ...others] = await channelsOpenedBy(kit, key)
  expect([http?.wasOpen, (await http?.stillOpen())?.answer, others]).toEqual([true, 'accepted', []])
  revoked = true
  expect([await http?.stillOpen(), await http?.letsIn()]).toEqual([null, false])
})

test('a read that one of several servers still answers to a revoked key is seen, too', async () => {
  let [revoked, asked] = [false, 0]
  const kit = kitOf((key) =>
    key.includes('sk_live_new') && (!revoked || asked++ % 4 === 3) ? 'accepted' : 'refused',
  )
  const [http] = await channelsOpenedBy(kit, { secret: 'sk_live_new' })
  revoked = true
  expect((await http?.stillOpen())?.answer).toBe('accepted')
})

test('a key reads what is its maker’s, whoever else reads by the profile', async () => {
  const profile = `
principals:
  admin: {values: {user: ann}, bearer: '\${env:KEY}'}
  reader: {values: {user: rob}, bearer: '\${env:READER}'}
operations:
  key.create: {as: admin, method: POST, path: '/{principal.user}/keys', result: {secret: body.secret}}
  contact.list: {as: reader, method: GET, path: '/{principal.user}/contacts', result: {items: body.data}}
mail: {from: a@shop.test}
`
  const answer = (request: Recorded) =>
    request.path === '/ann/contacts' && field(request, 'authorization') === 'Bearer sk_live_new'
      ? { body: { data: [] } }
      : { status: 403 }
  const env = { KEY: 'key-of-admin', READER: 'key-of-reader' }
  await withApi({ profile, env, answer }, async ({ api, profile }) => {
    const kit: Kit = { ...sampleKit().kit, api, profile }
    const [http] = await channelsOpenedBy(kit, { secret: 'sk_live_new' })
    expect((await http?.stillOpen())?.request.path).toBe('/ann/contacts')
  })
})

test('an error refuses a revoked key where it comes again', async () => {
  let [revoked, asked] = [false, 0]
  const kit = kitOf((key) => (key.includes('sk_live_new') ? (revoked ? 'broken' : 'accepted') : 'refused'))
  const [http] = await channelsOpenedBy(kit, { secret: 'sk_live_new' })
  revoked = true
  expect(await http?.stillOpen()).toBeNull()

  // Eight tries in which it fell over, and one that lets in.
  const once = kitOf((key) =>
    key.includes('sk_live_new') ? (revoked && asked++ < 8 ? 'broken' : 'accepted') : 'refused',
  )
  revoked = false
  const [other] = await channelsOpenedBy(once, { secret: 'sk_live_new' })
  revoked = true
  expect((await other?.stillOpen())?.answer).toBe('accepted')
})

test('a limit is no refusal of a revoked key', async () => {
  let revoked = false
  const kit = kitOf((key) => (key.includes('sk_live_new') ? (revoked ? 'limited' : 'accepted') : 'refused'))
  const [http] = await channelsOpenedBy(kit, { secret: 'sk_live_new' })
  revoked = true
  await expect(http?.stillOpen()).rejects.toThrow('contact.list was answered 429')
})

test('each step of making and using a key says by itself what was wrong with it', async () => {
  const refused = sampleKit({ call: (operation) => sampleExchange('refused', { operation }) }).kit
  await expect(makeKey(refused, 'new', undefined)).rejects.toThrow('key.create was answered 403')
  const mute = kitOf(() => 'accepted', { id: 'k1' })
  await expect(makeKey(mute, 'new', undefined)).rejects.toThrow('key.create was accepted and gave no secret')
  await expect(channelsOpenedBy(refused, { secret: 'sk_live_new' })).rejects.toThrow(
    'message.send was answered 403 to a key that was just made',
  )
  await expect(
    channelsOpenedBy(
      kitOf(() => 'refused'),
      { secret: 'sk_live_new' },
    ),
  ).rejects.toThrow(
    'no read tells the secret of a key that was just made from a made-up one: contact.list was answered 403',
  )
})

/** Makes keys, each with such results, of a service where mail is submitted by user names of their own: who signed in by which. */
async function usersOf(usernameOfKey: string | undefined, results: object) {
  const users: (string | undefined)[] = []
  const signIn: Submission['signIn'] = async (_, { user } = {}) => {
    users.push(user)
    const exchange = sampleExchange('accepted', { operation: 'submission.authenticate' })
    return { exchange, send: async () => exchange, close: () => {} }
  }
  const delivery = { id: 'd1' } as unknown as Delivery
  const { kit } = sampleKit({
    call: (operation) =>
      sampleExchange('accepted', { operation, result: { secret: 'sk_live_new', ...results } }),
    submission: { ports: [{ name: 'implicit' } as Submission['ports'][number]], signIn },
    wire: { arrival: async () => [delivery], deliveries: async () => [delivery] },
  })
  Object.assign(kit.profile.mail, { submission: { host: '127.0.0.1', usernameOfKey } })
  Object.assign(kit.api, { credential: async () => bearerCredential('sk_live_old') })
  const channels = await channelsOpenedBy(kit, await makeKey(kit, 'new', undefined), { tries: 1 })
  for (const channel of channels) if (channel.name === 'SMTP AUTH') await channel.stillOpen()
  return users
}

test('a key submits mail by its own user name, where the profile says which, and else by the one of all', async () => {
  expect(await usersOf('{id}', { id: 'AKIA7' })).toEqual(['AKIA7', 'AKIA7'])
  expect(await usersOf('{prefix}@shop', { id: 'k1', prefix: 'sk_a' })).toEqual(['sk_a@shop', 'sk_a@shop'])
  expect(await usersOf(undefined, { id: 'k1' })).toEqual([undefined, undefined])
  await expect(usersOf('{prefix}', { id: 'k1' })).rejects.toThrow(
    'key.create was accepted and gave nothing for {prefix}, by which its keys sign in to submit mail; see result of key.create',
  )
})
