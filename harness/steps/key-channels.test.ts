import { expect, test, vi } from 'vitest'
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
  sendingScopes,
  stillOpened,
  stopsOn,
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

const whoami = { ...read, name: 'principal.get', kind: 'principal' }

interface Ended {
  /** What a key that has ended is answered to a read. */
  readonly reads?: Answer
  /** What any other key is answered to a read. */
  readonly othersRead?: Answer
  /** What each scope grants, where keys have some. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>
  readonly operations?: object
}

/** What is said of a key that has ended, and sends no more, at a target whose mail is seen; and how often each call was made. */
async function judgedEnd({
  reads = 'refused',
  othersRead = 'accepted',
  scopes = {},
  operations = { 'principal.get': whoami },
}: Ended = {}) {
  let ended = false
  const calls: string[] = []
  const delivery = { id: 'd1' } as unknown as Delivery
  const arrived = new Set<string>()
  const { kit, judge } = sampleKit({
    has: (operation) => operation === 'message.send' || operation in operations,
    profile: { operations, scopes, principals: { sender: {} } },
    about: { severity: 'critical' },
    call(operation, { to }, as) {
      calls.push(operation)
      const shown = ['sk_live_ended', 'sk_live_other'].find((each) => JSON.stringify(as).includes(each))
      const isOver = ended && shown === 'sk_live_ended'
      if (operation === 'message.send') {
        if (shown !== undefined && !isOver) arrived.add(String(to))
        return sampleExchange(shown === undefined || isOver ? 'refused' : 'accepted', { operation })
      }
      const answer = shown === undefined ? 'refused' : isOver ? reads : othersRead
      const result = answer === 'accepted' ? { id: 'me' } : {}
      return sampleExchange(answer, { operation, result })
    },
    wire: {
      arrival: async ({ to }) => (arrived.has(String(to)) ? [delivery] : []),
      deliveries: async ({ to } = {}) => (arrived.has(String(to)) ? [delivery] : []),
    },
  })
  Object.assign(kit.api, { credential: async () => bearerCredential('sk_live_of_sender') })
  const { verdict, variants } = await judge(async () => {
    const channels = await channelsOpenedBy(kit, { secret: 'sk_live_ended' })
    ended = true
    const end = { by: sampleExchange('accepted', { operation: 'key.revoke' }), promised: 0, what: 'its end' }
    // It is watched for no longer than it takes to see it once.
    vi.spyOn(Date, 'now').mockImplementation(() => performance.now() * 1e6)
    await stopsOn(kit, channels, end, { secret: 'sk_live_other' })
  }).finally(() => vi.restoreAllMocks())
  const said = Object.fromEntries(variants.map(({ name, state, reason }) => [name, reason ?? state]))
  return { verdict, said, reads: calls.filter((each) => each !== 'message.send').length }
}

test('a key that sends no more, and goes on reading, has not stopped', async () => {
  expect(await judgedEnd()).toEqual({
    ...{ verdict: 'pass', said: { HTTP: 'held', 'HTTP, reading': 'held' } },
    // By each key once, by a made-up one, and three times after the end.
    reads: 6,
  })
  expect(await judgedEnd({ reads: 'accepted' })).toMatchObject({
    ...{ verdict: 'fail', said: { HTTP: 'held', 'HTTP, reading': 'violated' } },
  })
})

test('a read that is an error for a key that has ended is none for another one, or says nothing', async () => {
  expect(await judgedEnd({ reads: 'broken' })).toMatchObject({
    verdict: 'pass',
    said: { 'HTTP, reading': 'principal.get was answered 500: what is not done should be refused' },
  })
  expect((await judgedEnd({ reads: 'limited' })).verdict).toBe('unproven')
})

test('where no read tells a key, reading is left out, unless the profile gives it to keys', async () => {
  const silent = { othersRead: 'refused', scopes: { send: ['message.send'] } } as const
  expect(await judgedEnd(silent)).toMatchObject({ verdict: 'pass', said: { HTTP: 'held' } })
  const unread = await judgedEnd({ ...silent, scopes: { send: ['message.send', 'principal.get'] } })
  expect(unread).toMatchObject({
    verdict: 'unproven',
    said: {
      'HTTP, reading': expect.stringContaining('no read tells the secret of a key that was just made'),
    },
  })
  expect(await judgedEnd({ operations: {} })).toMatchObject({ verdict: 'pass', said: { HTTP: 'held' } })
  // Without scopes they read what whoever shows one does.
  expect((await judgedEnd({ othersRead: 'refused' })).said).toEqual({ HTTP: 'held' })
  const ofSender = { 'principal.get': { ...whoami, as: 'sender' } }
  expect((await judgedEnd({ othersRead: 'refused', operations: ofSender })).verdict).toBe('unproven')
})

test.each<[string, Record<string, string[]>, string[] | undefined, string[] | undefined]>([
  ['one that reads as well', { send: ['message.send'], read: ['contact.list'] }, undefined, ['send', 'read']],
  [
    'no more where it reads',
    { all: ['message.send', 'contact.list'], read: ['contact.list'] },
    undefined,
    ['all'],
  ],
  [
    'none that its maker lacks',
    { send: ['message.send'], read: ['contact.list'] },
    ['send', 'keys'],
    ['send'],
  ],
  ['none where nothing is read', { send: ['message.send'], write: ['contact.create'] }, undefined, ['send']],
])('the scopes by which a new key opens what is looked at: %s', (_, scopes, ofMaker, opening) => {
  const { kit } = sampleKit({
    has: (operation) => ['message.send', 'contact.list'].includes(operation),
    profile: {
      ...{ scopes, operations: { 'contact.list': read, 'key.create': { as: 'maker' } } },
      principals: { maker: { scopes: ofMaker } },
    },
  })
  expect([openingScopes(kit), sendingScopes(kit)]).toEqual([opening, opening?.slice(0, 1)])
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
  expect(await http?.stillOpen(async () => true)).toBeNull()

  // Eight tries in which it fell over, and one that lets in.
  const once = kitOf((key) =>
    key.includes('sk_live_new') ? (revoked && asked++ < 8 ? 'broken' : 'accepted') : 'refused',
  )
  revoked = false
  const [other] = await channelsOpenedBy(once, { secret: 'sk_live_new' })
  revoked = true
  expect((await other?.stillOpen(async () => true))?.answer).toBe('accepted')
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
