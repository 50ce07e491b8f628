import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { bossSignsIn } from './boss-of-shop.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { waysToPower } from './unasked-power.ts'

interface Manners {
  /** The member by which a user who is made may do everything. */
  readonly word?: string
  readonly strict?: boolean
  /** Whoever is made has to confirm first. */
  readonly confirms?: boolean
  /** Whether users may change themselves, and by which member they may do everything then. */
  readonly changes?: {
    readonly word?: string
    readonly refuses?: string
    /** Reads are open to users who have completed their account. */
    readonly opensReads?: boolean
    /** A change holds nobody in until it is confirmed by mail. */
    readonly confirms?: boolean
    /** What a change must say besides. */
    readonly wants?: string
  }
  /** So many sign-ins are let in, in all. */
  readonly signIns?: number
  /** So many users are made, in all. */
  readonly users?: number
}

/** Users of whom one, who was there before, may read the keys. */
function usersApi({
  word,
  strict = false,
  confirms = false,
  changes,
  signIns = Number.POSITIVE_INFINITY,
  users: most = Number.POSITIVE_INFINITY,
}: Manners) {
  let left = signIns
  const done = new Set<string>()
  const held = new Set<string>()
  const users = new Map([['boss@shop.test', { password: 'pass-word-1', isBoss: true }]])
  return (request: Recorded): Scripted => {
    const body: Record<string, string> = request.body === '' ? {} : JSON.parse(request.body)
    const { email = '', password = '', ...others } = body
    const name = /^Bearer token-of-(.*)$/.exec(field(request, 'authorization') ?? '')?.[1] ?? ''
    const user = held.has(name) ? undefined : users.get(name)
    if (request.path === '/session') {
      if (left-- <= 0) return { status: 429, headers: { 'retry-after': '7200' } }
      if (held.has(email)) return { status: 401 }
      const known = users.get(email)
      return known?.password === password ? { body: { token: `token-of-${email}` } } : { status: 401 }
    }
    if (user === undefined) return { status: 401 }
    if (request.path === '/me') return { body: { id: 'usr_1' } }
    if (request.method === 'PATCH' && changes !== undefined) {
      if (changes.refuses !== undefined && changes.refuses in others) return { status: 403 }
      if (changes.wants !== undefined && !(changes.wants in others)) return { status: 422 }
      if (changes.opensReads === true) done.add(name)
      if (changes.confirms === true) held.add(name)
      user.isBoss ||= changes.word !== undefined && others[changes.word] !== undefined
      return { body: { id: 'usr_2' } }
    }
    if (!user.isBoss && done.has(name) && request.method === 'GET') return { body: { data: [] } }
    if (!user.isBoss) return { status: 403 }
    if (request.path === '/keys') return { body: { data: [] } }
    if (users.size > most) return { status: 429, headers: { 'retry-after': '7200' } }
    if (strict && Object.keys(others).some((name) => name !== word)) return { status: 400 }
    if (!confirms) users.set(email, { password, isBoss: word !== undefined && others[word] !== undefined })
    return { status: 201, body: { id: 'usr_2' } }
  }
}

const profile = `${bossSignsIn}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, body: '{"email": email, "password": password}', result: {id: body.id}}
  key.list: {method: GET, path: /keys, result: {items: body.data}}
mail: {from: a@shop.test}
`

const update =
  "  user.update: {method: PATCH, path: '/users/{id}', body: '{\"email\": email}', result: {id: body.id}}\n"

const judged = (manners: Manners) =>
  judgedOver(
    {
      profile:
        manners.changes === undefined ? profile : profile.replace('  key.list:', `${update}  key.list:`),
      env: { PASSWORD: 'pass-word-1' },
      answer: usersApi(manners),
    },
    async (kit) => {
      const ways = waysToPower(kit)
      const names = ways.map(({ name }) => name)
      const later = manners.changes === undefined ? [] : ['a user who says so of himself later']
      expect(names).toEqual(['a user who says that he may do everything', ...later])
      await kit.verify.each(ways, ({ judge }) => judge())
    },
  )

test('who takes no user at his word passes, whether it minds other words or not', async () => {
  for (const strict of [false, true])
    expect(await judged({ strict })).toMatchObject({ verdict: 'pass', findings: [] })
})

test.each(['is_admin', 'role', 'scopes'])('a user who is an admin by his own %s is found', async (word) => {
  const { findings } = await judged({ word })
  expect(findings[0]).toMatchObject({
    operation: 'user.create',
    expected: expect.stringContaining('key.list refused'),
  })
})

test.each(['isAdmin', 'roles', 'scopes'])(
  'so is one by whom no other word than %s is taken',
  async (word) => {
    const { findings } = await judged({ word, strict: true })
    expect(findings[0]?.actual).toBe(`whoever was made with ${word} in the body reads it`)
  },
)

test('a limit on users who are made is no refusal of what they say', async () => {
  expect(await judged({ word: 'is_admin', users: 1 })).toMatchObject({ verdict: 'unproven', findings: [] })
})

test('of users who cannot sign in yet, nothing is said', async () => {
  expect(await judged({ confirms: true })).toMatchObject({ verdict: 'unproven' })
})

test('who lets users change themselves, and their rights not, passes', async () => {
  for (const changes of [{}, { refuses: 'role' }])
    expect(await judged({ changes })).toMatchObject({ verdict: 'pass', findings: [] })
})

test.each(['isAdmin', 'role', 'permissions'])('a user who writes himself %s is found', async (word) => {
  for (const changes of [{ word }, ...(word === 'role' ? [] : [{ word, refuses: 'role' }])]) {
    const { findings } = await judged({ changes })
    expect(new Set(findings.map(({ operation }) => operation))).toEqual(new Set(['user.update']))
    expect(findings[0]?.actual).toContain('who wrote of himself')
  }
})

test('what any change of an account opens is no right that its user wrote', async () => {
  expect(await judged({ changes: { opensReads: true } })).toMatchObject({ verdict: 'pass', findings: [] })
})

test('where users cannot change themselves as they are asked to, or wait for a confirmation, nothing is said', async () => {
  for (const changes of [
    { word: 'isAdmin', wants: 'plan' },
    { word: 'isAdmin', confirms: true },
  ])
    expect(await judged({ changes })).toMatchObject({
      verdict: 'unproven',
      findings: [],
      reason: expect.stringContaining('a user who says so of himself later'),
    })
})

test('a user who cannot sign in because too many did is no proof that he may nothing', async () => {
  expect(await judged({ word: 'isAdmin', signIns: 2 })).toMatchObject({ verdict: 'unproven', findings: [] })
})
