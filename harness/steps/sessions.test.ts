import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'
import { endsOfSessions, outlived, weightOf } from './sessions.ts'

const check = 'auth/session-revoke'

/** An API of people who sign in with a browser: a cookie is all that a sign-in gives. */
const profile = (url: string) => `
name: an API with cookies
target: {url: '${url}'}
principals:
  admin: {session: {cookies: true, input: {email: admin@shop.test, password: "\${env:ADMIN}", realm: staff}}}
operations:
  session.create: {method: POST, path: /login, body: '{"user": email, "pass": password, "realm": realm}'}
  session.end: {method: POST, path: /logout}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, body: '{"user": email, "pass": password}', result: {id: body.id}}
  user.delete: {method: DELETE, path: '/users/{id}'}
mail: {from: a@shop.test, recipients: {route: relay}}
policies: {tokens: {revocation: 0}}
`

/** Sessions by what their cookie holds; `forgets` says whether one is over at an end that came by that path. */
function shop({
  forgets,
  oneEach = false,
  answers = {},
  ended = () => null,
}: {
  forgets: (path: string) => boolean
  /** A sign-in ends the session before. */
  oneEach?: boolean
  answers?: Readonly<Record<string, Scripted>>
  /** What is answered to /me once somebody has signed out: of a session that has ended, and of others. */
  ended?: (isOver: boolean, user: string) => Scripted | null
}) {
  const users = new Map([['admin@shop.test', { id: 'u0', pass: 'key-of-admin' }]])
  const sessions = new Map<string, string>()
  const over = new Map<string, string>()
  return ({ method, path, headers, body }: Recorded): Scripted => {
    const scripted = answers[`${method} ${path}`]
    if (scripted !== undefined) return scripted
    const said = JSON.parse(body || '{}')
    if (path === '/login') {
      const user = users.get(said.user)
      if (user?.pass !== said.pass || said.realm !== 'staff') return { status: 401 }
      for (const [sid, of] of sessions) if (oneEach && of === said.user) sessions.delete(sid)
      const sid = randomUUID()
      sessions.set(sid, said.user)
      return { headers: { 'set-cookie': [`sid=${sid}; HttpOnly`, 'lang=en'] } }
    }
    const sid =
      /sid=([\w-]+)/.exec(headers.find(([name]) => name.toLowerCase() === 'cookie')?.[1] ?? '')?.[1] ?? ''
    const name = sessions.get(sid)
    const user = name ?? over.get(sid)
    const other = path === '/me' && over.size > 0 && user !== undefined ? ended(over.has(sid), user) : null
    if (other !== null) return other
    if (name === undefined) return { status: 401 }
    if (path === '/me') return { body: { id: users.get(name)?.id ?? 'gone' } }
    if (path === '/logout') {
      if (forgets(path)) {
        sessions.delete(sid)
        over.set(sid, name)
      }
      return { status: 204 }
    }
    if (method === 'POST') {
      const id = `u${users.size}`
      users.set(said.user, { id, pass: said.pass })
      return { status: 201, body: { id } }
    }
    for (const [user, { id }] of users)
      if (path === `/users/${id}`) {
        users.delete(user)
        for (const [sid, of] of sessions) if (of === user && forgets(path)) sessions.delete(sid)
      }
    return { status: 204 }
  }
}

async function judged(target: (request: Recorded) => Scripted) {
  const { outcomes, requests } = await runInFrontOf(target, profile, [check])
  const [outcome] = outcomes
  if (outcome === undefined) throw new Error('expected an outcome')
  return { ...outcome, requests }
}

test('sessions that are cookies are seen to end', async () => {
  const { verdict, reason, variants } = await judged(shop({ forgets: () => true }))
  expect([verdict, reason]).toEqual(['pass', null])
  expect(variants.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    'signing out: held',
    'removal: held',
  ])
})

test('where a sign-in ends the session before, the last one is what must end', async () => {
  const { verdict, variants } = await judged(shop({ oneEach: true, forgets: () => true }))
  expect([verdict, variants.map(({ state }) => state)]).toEqual(['pass', ['held', 'held']])
})

const signedOut = async (ended: (isOver: boolean, user: string) => Scripted | null) => {
  const { variants, findings } = await judged(shop({ forgets: () => true, ended }))
  const [{ state } = { state: '' }] = variants.filter(({ name }) => name === 'signing out')
  return [state, findings.length]
}

test.each([
  [500, { status: 500 }],
  [302, { status: 302, headers: { location: '/login' } }],
])('an ended session is denied by %i where that comes again while another is let in', async (_, answer) => {
  expect(await signedOut((isOver) => (isOver ? answer : null))).toEqual(['held', 0])
})

test('an error to everybody who has a session proves nothing', async () => {
  expect(await signedOut(() => ({ status: 500 }))).toEqual(['unjudged', 0])
})

test('an ended session that is let in behind an error is found', async () => {
  let looks = 0
  const answer = (isOver: boolean): Scripted | null => {
    if (!isOver || ++looks > 18) return null
    return looks <= 8 ? { status: 500 } : { body: { id: 'u1' } }
  }
  expect(await signedOut(answer)).toEqual(['violated', 1])
})

test('an end that is refused proves nothing', async () => {
  const answers = { 'POST /logout': { status: 403, body: { error: 'no token against forgery' } } }
  const { verdict, variants } = await judged(shop({ forgets: () => true, answers }))
  expect(verdict).toBe('unproven')
  expect(variants).toMatchObject([
    { name: 'signing out', state: 'unjudged', reason: expect.stringContaining('no token against forgery') },
    { name: 'removal', state: 'held' },
  ])
})

const roles = { Admin: '*', Sender: ['message.send'], Viewer: ['principal.get'] }
const named = (has: (operation: string, input?: string) => boolean) =>
  endsOfSessions(sampleKit({ has, profile: { roles } }).kit).map(({ name }) => name)

test('what ends sessions is what the profile declares', () => {
  expect(named(() => false)).toEqual([])
  expect(named((operation) => operation === 'session.end')).toEqual(['signing out'])
  expect(named((operation, input) => operation === 'user.update' && input !== 'role')).toEqual([
    'a new password',
  ])
  expect(named((operation) => operation.startsWith('password.'))).toEqual(['a new password by mail'])
})

test('what was over at once is not waited for, and what is over in time is no finding', async () => {
  const { judge } = sampleKit()
  await judge(async () => {
    const session = (open: boolean[]) => ({
      credential: { kind: 'bearer' as const, token: 't', headers: [], query: [] },
      letsIn: async () => (open.shift() === true ? sampleExchange('accepted') : null),
    })
    const by = sampleExchange('accepted')
    expect(await outlived({ by, over: [session([false]), session([false])] }, 3600)).toBeNull()
    expect(await outlived({ by, over: [session([true, false])] }, 0)).toBeNull()
  })
})

test('a session weighs by how long it outlived its end', () => {
  expect([weightOf(3, 0), weightOf(20, 0), weightOf(62, 60), weightOf(null, 60)]).toEqual([
    'low',
    'medium',
    'low',
    'high',
  ])
})
