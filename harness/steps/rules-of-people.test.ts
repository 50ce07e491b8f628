import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

const profile = (url: string) => `
name: an API with rules for people
target: {url: '${url}'}
principals:
  admin: {session: {input: {email: admin@shop.test, password: "\${env:ADMIN}"}}}
operations:
  session.create: {method: POST, path: /login, body: '{"user": email, "pass": password}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, body: '{"user": email, "pass": password}', result: {id: body.id}}
  user.update: {method: POST, path: '/users/{id}', body: '{"networks": networks, "devices": devices}'}
mail: {from: a@shop.test, recipients: {route: relay}}
`

interface User {
  readonly id: string
  readonly pass: string
  networks?: readonly string[]
  devices?: readonly string[]
}

interface Habits {
  /** Where it looks at rules. */
  readonly asksAt?: readonly string[]
  readonly addressOf?: (request: Recorded) => string
  readonly deviceOf?: (request: Recorded) => string | undefined
  /** Whoever has a rule is let in no more. */
  readonly locks?: boolean
  /** What whoever is kept out is answered. */
  readonly denial?: Scripted
  /** The networks that it knows. */
  readonly knows?: RegExp
  /** Refuses a request in which both fields stand. */
  readonly refusesBoth?: readonly [string, string]
}

/** An API of which everybody's address is 127.0.0.1, and whose networks are single addresses or everywhere. */
function shop({
  asksAt = ['/login', '/me'],
  addressOf = () => '127.0.0.1',
  deviceOf = () => undefined,
  locks = false,
  denial = { status: 403 },
  knows = /./,
  refusesBoth,
}: Habits) {
  const users = new Map<string, User>([['admin@shop.test', { id: 'u0', pass: 'key-of-admin' }]])
  const sessions = new Map<string, User>()
  const lets = (user: User, request: Recorded) => {
    const { networks, devices } = user
    if (!asksAt.includes(request.path)) return true
    if (locks && (networks ?? devices) !== undefined) return false
    const near = ['0.0.0.0/0', '0.0.0.0/1', `${addressOf(request)}/32`]
    const isNear = networks?.some((each) => near.includes(each))
    return isNear !== false && devices?.includes(deviceOf(request) ?? '') !== false
  }
  return (request: Recorded): Scripted => {
    const { path, body } = request
    const said = JSON.parse(body || '{}')
    if (refusesBoth?.every((name) => field(request, name) !== undefined)) return { status: 400 }
    if (path === '/login') {
      const user = users.get(said.user)
      if (user?.pass !== said.pass || user === undefined) return { status: 401 }
      if (!lets(user, request)) return denial
      const token = randomUUID()
      sessions.set(token, user)
      return { body: { token } }
    }
    const user = sessions.get(field(request, 'authorization')?.replace('Bearer ', '') ?? '')
    if (user === undefined) return { status: 401 }
    if (!lets(user, request)) return denial
    if (path === '/me') return { body: { id: user.id } }
    if (path === '/users') {
      const id = `u${users.size}`
      users.set(said.user, { id, pass: said.pass })
      return { status: 201, body: { id } }
    }
    if (said.networks?.every((each: string) => knows.test(each)) === false) return { status: 422 }
    for (const each of users.values()) if (path === `/users/${each.id}`) Object.assign(each, said)
    return { status: 204 }
  }
}

async function judged(check: string, habits: Habits) {
  const { outcomes } = await runInFrontOf(shop(habits), profile, [check])
  const [outcome] = outcomes
  if (outcome === undefined) throw new Error('expected an outcome')
  const violated = outcome.variants.filter(({ state }) => state === 'violated').map(({ name }) => name)
  return { verdict: outcome.verdict, reason: outcome.reason, violated }
}

const everyField = 'with every field that names an address'
const aList = 'with a list of addresses'
const both = (claim: string) => [`signing in, ${claim}`, `a session from before, ${claim}`]
const forwardedFor = (request: Recorded) => field(request, 'x-forwarded-for') ?? '127.0.0.1'
const contradicting = ['forwarded', 'x-forwarded-for'] as const

test.for<[Habits, string[]]>([
  // A sign-in that opens nothing lets nobody in.
  [{ asksAt: ['/me'] }, []],
  [
    { asksAt: ['/login'] },
    ['', `, ${everyField}`, `, ${aList}`].map((claim) => `a session from before${claim}`),
  ],
  [{ addressOf: (request) => field(request, 'x-real-ip') ?? '127.0.0.1' }, both(everyField)],
  [{ addressOf: forwardedFor }, both(everyField)],
  [{ addressOf: (request) => forwardedFor(request).split(', ').at(-1) ?? '' }, both(everyField)],
  [
    { addressOf: (request) => forwardedFor(request).split(', ')[0] ?? '' },
    [...both(everyField), ...both(aList)],
  ],
  [
    { addressOf: (request) => (forwardedFor(request).includes(',') ? '192.0.2.10' : '127.0.0.1') },
    both(aList),
  ],
  // Fields that must not stand beside each other are said one by one.
  [{ refusesBoth: contradicting }, []],
  [{ refusesBoth: contradicting, addressOf: forwardedFor }, both(everyField)],
  // It may know networks of IPv4 alone, or none that holds everybody.
  [{ knows: /^[\d.]+\/\d+$/ }, []],
  [{ knows: /^[\d.]+\/[1-9]\d*$/ }, []],
  [
    { knows: /^[\d.]+\/\d+$/, asksAt: ['/login'] },
    ['', `, ${everyField}`, `, ${aList}`].map((claim) => `a session from before${claim}`),
  ],
  // An error that comes again, and a sign-in that gives nothing, are denials where others are let in.
  [{ denial: { status: 500 } }, []],
  [{ denial: { status: 302, headers: { location: '/blocked' } } }, []],
  [{ denial: { status: 200, body: { error: 'not from here' } } }, []],
])('rules of networks are looked at in front of every call: %#', async ([habits, violated]) => {
  const seen = await judged('access/abac-ip', habits)
  expect(seen.violated.toSorted()).toEqual(violated.toSorted())
  expect(seen.verdict).toBe(violated.length === 0 ? 'pass' : 'fail')
})

test('an API in which nobody with a rule is let in shows nothing', async () => {
  const { verdict, reason } = await judged('access/abac-ip', { locks: true })
  expect(verdict).toBe('unproven')
  expect(reason).toContain('session.create was answered')
})

test('an API that takes no rule shows nothing', async () => {
  const { verdict, reason } = await judged('access/abac-ip', { knows: /^$/ })
  expect(verdict).toBe('unproven')
  expect(reason).toContain('user.update was answered 422')
})

test('a limit is no denial', async () => {
  expect((await judged('access/abac-ip', { denial: { status: 429 } })).verdict).toBe('unproven')
})

test('what a request says of its device is nothing to go by', async () => {
  const deviceOf = (request: Recorded) => field(request, 'x-device-id')
  const { verdict, violated } = await judged('access/abac-device', { deviceOf })
  expect(verdict).toBe('fail')
  expect(violated.toSorted()).toEqual([
    'a session from before, by the name of the device',
    'signing in, by the name of the device',
  ])
})
