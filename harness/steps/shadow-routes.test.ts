import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { shadowRoutes } from './shadow-routes.ts'

const ok = { responses: { 200: { description: 'fine' } } }
const document = {
  openapi: '3.1.0',
  info: { title: 'a', version: '1' },
  security: [{ key: [] }],
  paths: { '/v1/users': { get: ok }, '/v1/users/{id}': { get: ok } },
}
const profile = `
openapi: '\${env:TARGET_URL}/openapi.json'
principals: {admin: {bearer: '\${env:KEY}'}, anonymous: {none: true}}
operations:
  user.list: {method: GET, path: /v1/users, result: {items: body.data}}
  domain.list: {method: GET, path: /v1/domains, result: {items: body.data}}
mail: {from: a@shop.test}
`
const users = { data: [{ id: 'usr-0a1b2c3d4e5f', name: 'Anna' }] }
const isAdmin = (request: Recorded) => field(request, 'authorization') === 'Bearer key-of-admin'

/** Of an API that answers so beside what it documents. */
async function judged(
  answer: (request: Recorded) => Scripted | null | undefined,
  listed = (request: Recorded): Scripted => (isAdmin(request) ? { body: users } : { status: 401 }),
) {
  const { findings, variants, verdict, requests } = await judgedOver(
    {
      profile,
      env: { KEY: 'key-of-admin' },
      answer(request) {
        if (request.path === '/openapi.json') return { body: document }
        if (request.path === '/v1/users') return listed(request)
        const other = answer(request)
        return other === undefined ? { status: 404, body: { error: 'not found' } } : other
      },
    },
    async (kit) => kit.verify.each(await shadowRoutes(kit), ({ judge }) => judge()),
  )
  const found = findings
    .map(({ variant, severity, operation }) => `${variant}: ${severity}, ${operation}`)
    .sort()
  return {
    verdict,
    found,
    requests,
    state: (name: string) => variants.find((each) => each.name === name)?.state,
  }
}

test('where nothing else is, every guess is held, with few requests and none that changes anything', async () => {
  const { verdict, found, requests } = await judged(() => undefined)
  expect([verdict, found]).toEqual(['pass', []])
  expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']))
  expect(requests.length).toBeLessThan(300)
})

test('an old version weighs by who is let in: nobody in particular, or who is anyway', async () => {
  const open = await judged(({ path }) => (path === '/v0/users' ? { body: users } : undefined))
  expect(open.found).toEqual(['/v0/users: high, user.list'])
  const kept = await judged((request) =>
    request.path === '/v0/users' ? (isAdmin(request) ? { body: users } : { status: 401 }) : undefined,
  )
  expect(kept.found).toEqual(['/v0/users: medium, user.list'])
})

test('who is sent to sign in is let in by an old version as much as who is refused', async () => {
  const { found } = await judged(
    ({ path }) => (path === '/v0/users' ? { body: users } : undefined),
    (request) =>
      isAdmin(request) ? { body: users } : { status: 302, headers: { location: '/login?next=/' } },
  )
  expect(found).toEqual(['/v0/users: high, user.list'])
})

test('beside a read that met a limit nothing is held', async () => {
  const limited = await judged(
    () => undefined,
    () => ({ status: 429, headers: { 'retry-after': '3600' } }),
  )
  expect([limited.verdict, limited.state('beside /v1/users')]).toEqual(['unproven', 'unjudged'])
})

test('a word is told where it answers with data; what is the same for all, and nothing private, weighs little', async () => {
  const { found } = await judged((request) => {
    if (request.path === '/debug') return { body: { level: 'info' } }
    if (request.path === '/v1/settings')
      return isAdmin(request) ? { body: { plan: 'gold' } } : { status: 403 }
    return request.path === '/v1/internal' ? { body: { seen: users } } : undefined
  })
  expect(found).toEqual([
    '/debug: low, unmapped',
    '/v1/internal: high, unmapped',
    '/v1/settings: medium, unmapped',
  ])
})

test('another spelling is told only where it lets in whom the documented one refuses', async () => {
  const alias = await judged((request) =>
    request.path === '/v1/users.json' ? (isAdmin(request) ? { body: users } : { status: 401 }) : undefined,
  )
  expect(alias.found).toEqual([])
  const around = await judged(({ path }) => (path === '/v1/users.json' ? { body: users } : undefined))
  expect(around.found).toEqual(['/v1/users.json: high, user.list'])
})

test('a router that takes any version, and whatever answers everything, are no routes that somebody forgot', async () => {
  const any = await judged((request) =>
    /^\/[^/]+\/users$/.test(request.path)
      ? isAdmin(request)
        ? { body: users }
        : { status: 401 }
      : undefined,
  )
  expect(any.found).toEqual([])
  expect(any.state('/v0/users')).toBe('not-applicable')
  for (const body of [{ status: 404, message: 'no such thing' }, { welcome: 'here' }])
    expect((await judged(() => ({ body }))).found).toEqual([])
  const page = { headers: { 'content-type': 'text/html' }, body: '<title>Welcome</title>' }
  expect(await judged(() => page)).toMatchObject({ verdict: 'pass', found: [] })
})

test('what the profile calls, and what the document has, is none of it', async () => {
  const { found, state } = await judged(({ path }) =>
    path === '/v1/domains' || path.startsWith('/v1/users/') ? { body: { data: [{ id: 'a' }] } } : undefined,
  )
  expect(found).toEqual([])
  expect([state('/v1/domains'), state('/v1/users/all')]).toEqual([undefined, undefined])
})

test('a limit, an error and silence prove nothing', async () => {
  for (const answer of [{ status: 429 }, { status: 500 }, null]) {
    const { verdict, state } = await judged(({ path }) => (path === '/debug' ? answer : undefined))
    expect([verdict, state('/debug')]).toEqual(['unproven', 'unjudged'])
  }
})
