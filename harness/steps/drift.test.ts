import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { documentedReads } from './documented-reads.ts'
import { partsOfDrift } from './drift.ts'
import { judgedOver } from './judged-ground.testing.ts'

const text = { type: 'string' }
const user = { type: 'object', properties: { id: text, name: text } }
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const document = {
  openapi: '3.1.0',
  info: { title: 'a', version: '1' },
  security: [{ key: [] }],
  paths: {
    '/users': {
      get: {
        responses: { 200: json({ type: 'object', properties: { data: { type: 'array', items: user } } }) },
      },
    },
    '/users/{user_id}': { get: { responses: { 200: json(user) } }, delete: { responses: { 204: {} } } },
    '/logs/{day}': { get: { responses: { 200: json(user) } } },
    '/logout': { get: { responses: { 200: json(user) } } },
    '/random_password': { get: { responses: { 200: json(user) } } },
    '/health': { get: { security: [], responses: { 200: { description: 'up' } } } },
  },
}

const profile = (more = '') => `
openapi: '\${env:TARGET_URL}/openapi.json'
principals:
  admin: {tenant: a, bearer: '\${env:KEY}'}
  neighbour: {tenant: b, bearer: '\${env:OTHER}'}
  anonymous: {none: true}
operations:
  user.list: {method: GET, path: /users, result: {items: body.data}}
  user.get: {method: GET, path: '/users/{id}', result: {id: body.id}}
mail: {from: a@shop.test}
${more}
`
const anna = { id: 'usr-0a1b2c3d4e5f', name: 'Anna' }

/** Of an API that answers as documented, but where this says so. */
async function judged(answer: (request: Recorded) => Scripted | null | undefined) {
  const { findings, variants, verdict, requests } = await judgedOver(
    {
      profile: profile(),
      env: { KEY: 'key-of-admin', OTHER: 'key-of-other' },
      kit: { runReach: 'safe' },
      answer(request) {
        const { path, method } = request
        if (path === '/openapi.json') return { body: document }
        const other = answer(request)
        if (other !== undefined) return other
        if (method !== 'GET') return { status: 405, headers: { allow: 'GET' } }
        if (path === '/health') return { body: { status: 'ok' } }
        if (path === '/random_password') return { status: 404 }
        if (field(request, 'authorization') !== 'Bearer key-of-admin') return { status: 401 }
        if (path.startsWith('/users?') || path === '/users') return { body: { data: [anna] } }
        return path === `/users/${anna.id}` ? { body: anna } : { status: 404 }
      },
    },
    async (kit) => {
      const reads = await documentedReads(kit)
      await kit.verify.each(reads, (read) => kit.verify.each(partsOfDrift(read, kit), ({ judge }) => judge()))
    },
  )
  return {
    ...{ verdict, requests },
    found: findings.map(({ variant, severity, actual }) => `${variant}: ${severity}, ${actual}`).sort(),
    state: (name: string) => variants.find((each) => each.name === name)?.state,
  }
}

test('what answers as documented is held in all, and what nobody knows how to ask for is left out', async () => {
  const { verdict, found, state, requests } = await judged(() => undefined)
  expect([verdict, found]).toEqual(['pass', []])
  for (const part of ['status', 'type', 'members', 'credential', 'methods'])
    expect(state(`GET /users/{user_id}, its ${part}`)).toBe('held')
  expect(state('GET /logs/{day}, its status')).toBe('not-applicable')
  expect(state('GET /health, its credential')).toBe('not-applicable')
  expect(state('GET /logout, its status')).toBe('not-applicable')
  expect(requests.some(({ path }) => path === '/logout')).toBe(false)
})

test('a status, a type and members that are not documented are told', async () => {
  const { found } = await judged(({ path, method }) => {
    if (method !== 'GET') return undefined
    if (path === '/health') return { status: 203, body: {} }
    if (path === '/users') return { body: { data: [{ ...anna, password_hash: 'abcdefgh12345' }] } }
    return path.startsWith('/users/')
      ? { headers: { 'content-type': 'text/html' }, body: '<p>Anna</p>' }
      : undefined
  })
  expect(found.filter((each) => !each.includes('credential'))).toEqual([
    'GET /health, its status: low, 203',
    'GET /users, its members: medium, it has data[].password_hash, which the document does not name',
    'GET /users/{user_id}, its type: low, text/html',
  ])
})

test('a password that is asked for by name weighs less than one that nobody asked for', async () => {
  const shown = async (body: object) =>
    (await judged(({ path }) => (path === '/random_password' ? { body } : undefined))).found.filter((each) =>
      each.includes('members'),
    )
  expect(await shown({ password: 'Xk3-9qLm' })).toEqual([
    'GET /random_password, its members: low, it has password, which the document does not name',
  ])
  expect(await shown({ password: 'Xk3-9qLm', salt: 'abcdefgh12345' })).toEqual([
    'GET /random_password, its members: medium, it has password, salt, which the document does not name',
  ])
})

test('what is shown to nobody in particular weighs by whether others are shown the same', async () => {
  const open = await judged(({ path, method, ...request }) => {
    const isOther = field({ path, method, ...request }, 'authorization') === 'Bearer key-of-other'
    if (method === 'GET' && path === '/users') return { body: { data: isOther ? [] : [anna] } }
    return undefined
  })
  expect(open.found).toEqual([expect.stringMatching(/^GET \/users, its credential: high, 200/)])
  const forAll = await judged(({ path, method }) =>
    method === 'GET' && path === '/users' ? { body: { data: [anna] } } : undefined,
  )
  expect(forAll.found).toEqual([expect.stringMatching(/^GET \/users, its credential: low, /)])
  const numbered = await judged(({ path, method, ...request }) => {
    const isOther = field({ path, method, ...request }, 'authorization') === 'Bearer key-of-other'
    const one = isOther ? { id: 1, name: 'Zoe Quist' } : { id: 1, name: 'Anna Berg' }
    return method === 'GET' && path === '/users' ? { body: { data: [one] } } : undefined
  })
  expect(numbered.found).toContainEqual(expect.stringMatching(/^GET \/users, its credential: high, 200/))
  const empty = await judged(({ path, method }) =>
    method === 'GET' && path === '/users' ? { body: { data: [] } } : undefined,
  )
  expect(empty.state('GET /users, its credential')).toBe('not-applicable')
})

test('methods that OPTIONS allows and no document has are told, unless it allows them anywhere', async () => {
  const more = await judged(({ path, method }) =>
    method === 'OPTIONS' && path === '/users' ? { headers: { allow: 'GET, HEAD, PUT, OPTIONS' } } : undefined,
  )
  expect(more.found).toEqual(['GET /users, its methods: low, Allow: GET, HEAD, OPTIONS, PUT'])
  const anywhere = await judged(({ method }) =>
    method === 'OPTIONS' ? { headers: { allow: 'GET, PUT' } } : undefined,
  )
  expect(anywhere.found).toEqual([])
})

test('a limit, an error and silence prove nothing', async () => {
  for (const answer of [{ status: 429 }, null]) {
    const { verdict } = await judged(({ path, method }) =>
      path === '/users' && method === 'GET' ? answer : undefined,
    )
    expect(verdict).toBe('unproven')
  }
  const { state } = await judged(({ path }) => (path === '/users' ? { status: 500 } : undefined))
  expect(state('GET /users, its status')).toBe('not-applicable')
})
