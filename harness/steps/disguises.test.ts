import { expect, test } from 'vitest'
import type { Reach } from '../api/reach.ts'
import { withApi } from '../api/recording-target.testing.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, HttpRequest } from '../model.ts'
import { type Disguise, type Guarded, guardedThings, throttleHoldsInDisguise } from './disguises.ts'

const request: HttpRequest = { method: 'POST', origin: 'https://api.test', path: '/s', headers: [], body: '' }
const claims: Disguise = {
  name: 'a claimed address',
  change: (plain, n) => ({ ...plain, headers: [...plain.headers, ['x-forwarded-for', `192.0.2.${n}`]] }),
}
const elsewhere: Disguise = { name: 'another path', change: (plain) => ({ ...plain, path: '/S' }) }

/** An account of a target that holds back after 5 failures of one budget; with every so many requests its window ends, or so many of them are free again. */
function guarded(
  budgetOf: (sent: HttpRequest) => string,
  { ends = Number.POSITIVE_INFINITY, every = Number.POSITIVE_INFINITY, freed = 1 } = {},
  atOtherPaths = () => sampleExchange('missing', { operation: 'session.create' }),
  wrong: Answer = 'refused',
): Guarded {
  const failures = new Map<string, number>()
  let requests = 0
  return {
    ...{ name: 'passwords', ready: Promise.resolve(), disguises: [claims, elsewhere] },
    async show(secret, { change = (plain: HttpRequest) => plain }: Partial<Disguise> = {}, n = 1) {
      const sent = change(request, n)
      if (++requests % ends === 0) failures.clear()
      if (sent.path !== '/s') return atOtherPaths()
      const before = failures.get(budgetOf(sent)) ?? 0
      const failed = requests % every === 0 ? Math.max(0, Math.min(before, 5) - freed) : before
      if (secret === 'wrong') failures.set(budgetOf(sent), failed + 1)
      const answer = failed >= 5 ? 'limited' : secret === 'right' ? 'accepted' : wrong
      return sampleExchange(answer, { operation: 'session.create' })
    },
  }
}

const judged = (one: Guarded, window?: number) => {
  const policies = window === undefined ? {} : { limits: { signIn: { window } } }
  const { kit, judge } = sampleKit({ profile: { policies } })
  const waiting = { ...kit, reach: { patience: 1 } as Reach }
  return judge(() => kit.verify.each([one], () => throttleHoldsInDisguise(waiting, one)))
}

test('a throttle that counts all alike holds, and what leads nowhere is no way around it', async () => {
  const { verdict, variants } = await judged(guarded(() => 'one account'))
  expect(verdict).toBe('pass')
  expect(variants.map(({ name, state }) => [name, state])).toEqual([
    ['passwords, a claimed address', 'held'],
    ['passwords, another path', 'not-applicable'],
  ])
})

test('a throttle that counts right secrets as well leaves the disguises unproven in which it held one back', async () => {
  let shows = 0
  const plain = guarded(({ headers }) => JSON.stringify(headers))
  const counting: Guarded = {
    ...plain,
    disguises: [elsewhere, claims],
    show: async (...given) =>
      given[0] === 'right' && ++shows > 2
        ? sampleExchange('limited', { operation: 'session.create' })
        : plain.show(...given),
  }
  const { verdict, variants } = await judged(counting)
  expect(verdict).toBe('unproven')
  expect(variants.map(({ name, state }) => [name, state])).toEqual([
    ['passwords, another path', 'not-applicable'],
    ['passwords, a claimed address', 'unjudged'],
  ])
})

test('who is held back before anybody guessed is let in once the window is over', async () => {
  let shows = 0
  const plain = guarded(() => 'one account')
  const once: Guarded = {
    ...plain,
    show: async (...given) =>
      given[0] === 'right' && ++shows === 1
        ? sampleExchange('limited', { operation: 'session.create' })
        : plain.show(...given),
  }
  expect((await judged(once, 0.01)).verdict).toBe('pass')
  shows = 0
  expect((await judged(once)).verdict).toBe('unproven')
})

test('a page that is given for every other path lets nobody in, and leads around nothing', async () => {
  const page = () => sampleExchange('accepted', { operation: 'session.create', body: '{"page":"home"}' })
  const { verdict, findings } = await judged(guarded(() => 'one account', undefined, page))
  expect([verdict, findings]).toEqual(['pass', []])
})

test('a throttle that counts by what the guesser writes is led around, and the line shows both', async () => {
  const { findings } = await judged(guarded(({ headers }) => JSON.stringify(headers)))
  expect(findings).toMatchObject([
    {
      variant: 'passwords, a claimed address',
      actual: '3 of 3 guesses were looked at so, and those as they are held back before, between and after',
      reproduce: expect.stringMatching(/\ni=0; while .* -le 130 \]; do curl .* & done; wait; curl /),
    },
  ])
})

test('of what is right once, the right one is shown in the disguises alone in which wrong ones seem to be looked at', async () => {
  const once = (one: Guarded) => {
    const rightOnes: (string | undefined)[] = []
    const show: Guarded['show'] = async (secret, disguise, n) => {
      if (secret === 'wrong') return one.show(secret, disguise, n)
      rightOnes.push(disguise?.name)
      return sampleExchange('accepted', { operation: 'session.create' })
    }
    return { rightOnes, one: { ...one, isRightOnce: true, show } }
  }
  const around = once(guarded(({ headers }) => JSON.stringify(headers)))
  expect((await judged(around.one)).findings).toMatchObject([{ variant: 'passwords, a claimed address' }])
  expect(around.rightOnes).toEqual([undefined, 'a claimed address'])
  const held = once(guarded(() => 'one account'))
  const { verdict, variants } = await judged(held.one)
  expect([verdict, variants.map(({ state }) => state)]).toEqual(['pass', ['held', 'not-applicable']])
  expect(held.rightOnes).toEqual([undefined])
  // A sign-in that the disguise has ended is answered as a wrong code is.
  const ended = guarded(({ headers }) => JSON.stringify(headers))
  const over: Guarded['show'] = async (secret, disguise, n) =>
    secret === 'right' && disguise !== undefined
      ? sampleExchange('refused', { operation: 'session.create' })
      : once(ended).one.show(secret, disguise, n)
  expect(await judged({ ...ended, isRightOnce: true, show: over })).toMatchObject({
    verdict: 'unproven',
    findings: [],
  })
})

test('a wrong password that is answered as wrong input is one that was looked at, where those as they are were answered so', async () => {
  const around = guarded(({ headers }) => JSON.stringify(headers), undefined, undefined, 'invalid')
  expect((await judged(around)).findings).toMatchObject([{ variant: 'passwords, a claimed address' }])
  const held = guarded(() => 'one account', undefined, undefined, 'invalid')
  expect(await judged(held)).toMatchObject({ verdict: 'pass', findings: [] })
  // Of a target that refuses what is wrong, wrong input is the disguise.
  const refusing = guarded(({ headers }) => JSON.stringify(headers))
  const show: Guarded['show'] = async (secret, disguise, n) => {
    const exchange = await refusing.show(secret, disguise, n)
    return disguise !== undefined && exchange.answer === 'refused'
      ? sampleExchange('invalid', { operation: 'session.create' })
      : exchange
  }
  expect((await judged({ ...refusing, show })).findings).toEqual([])
})

test('where the window always ends meanwhile nothing is said, and where nobody is held back there is nothing to go around', async () => {
  const { verdict, findings } = await judged(guarded(({ headers }) => JSON.stringify(headers), { ends: 8 }))
  expect([verdict, findings]).toEqual(['unproven', []])
  expect(await judged(guarded(() => String(Math.random())))).toMatchObject({ verdict: 'not-applicable' })
})

test.each([1, 2, 3].flatMap((freed) => [2, 3, 4, 5, 6, 7, 8, 9, 13].map((every) => [freed, every])))(
  'what comes free of one budget, %s with every %s. request, leads nobody around it',
  async (freed, every) => {
    const one = guarded(() => 'one account', { freed, every })
    expect((await judged(one)).findings).toEqual([])
  },
)

test('an answer that is none says nothing', async () => {
  const one = guarded(() => 'one account')
  const show: Guarded['show'] = async (secret, disguise, n) =>
    secret === 'wrong' && disguise !== undefined ? sampleExchange('broken') : one.show(secret, disguise, n)
  expect((await judged({ ...one, show })).verdict).toBe('unproven')
})

test.each([
  ['bearer: "KEY"', 3],
  ['headers: {Authorization: "token KEY"}', 3],
  ['headers: {X-Api-Key: "KEY"}', 0],
])('of a key that is shown by %s the scheme is spelled in %d other ways', async (shows, count) => {
  const profile = `
principals: {admin: {${shows.replace('KEY', `\${env:KEY}`)}}}
operations: {principal.get: {method: GET, path: /me, result: {id: body.id}}}
mail: {from: a@shop.test}`
  await withApi(
    { profile, env: { KEY: 'a-key-of-admin' }, answer: () => ({ body: { id: '1' } }) },
    async ({ api, profile }) => {
      const things = guardedThings({ ...sampleKit().kit, api, profile })
      const names = things.flatMap(({ disguises }) => disguises.map(({ name }) => name))
      expect(names.filter((name) => name.includes('scheme'))).toHaveLength(count)
      await Promise.all(things.map(({ ready }) => ready))
    },
  )
})

test.each([
  ['json', `body: '{"identifier": email, "password": password}'`, ['email', 'username']],
  ['a form', `form: '{"username": email, "password": password}'`, ['email']],
  ['the whole input', 'body: $', ['username']],
  ['a query', 'query: {email: "{email}", password: "{password}"}', []],
])('by a body that is %s a name is put beside the account that it has not', async (_, call, names) => {
  const profile = `
principals: {admin: {session: {input: {email: a@shop.test, password: "\${env:KEY}"}}}}
operations:
  session.create: {method: POST, path: /in, ${call}, result: {token: body.token}}
  user.create: {method: POST, path: /users, body: '{"email": email, "password": password}'}
mail: {from: a@shop.test}`
  const bodies: string[] = []
  const answer = ({ path, body }: { readonly path: string; readonly body: unknown }) => {
    if (path.startsWith('/in')) bodies.push(String(body))
    return { body: { token: 'a-token-of-somebody' } }
  }
  await withApi({ profile, env: { KEY: 'a-password' }, answer }, async ({ api, profile }) => {
    const [passwords] = guardedThings({ ...sampleKit().kit, api, profile })
    await passwords?.ready
    const besides = passwords?.disguises.filter(({ name }) => name.includes('beside')) ?? []
    expect(besides.map(({ name }) => name)).toEqual(names.map((name) => `another ${name} beside the account`))
    bodies.length = 0
    for (const disguise of besides) await passwords?.show('right', disguise, 7)
    for (const [at, name] of names.entries())
      expect(decodeURIComponent(bodies[at] ?? '')).toMatch(
        new RegExp(`${name}"?[=:]"?other-7@beside.example`),
      )
  })
})
