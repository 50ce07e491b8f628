import { expect, test } from 'vitest'
import { withApi } from '../api/recording-target.testing.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { HttpRequest } from '../model.ts'
import { type Disguise, type Guarded, guardedThings, throttleHoldsInDisguise } from './disguises.ts'

const request: HttpRequest = { method: 'POST', origin: 'https://api.test', path: '/s', headers: [], body: '' }
const claims: Disguise = {
  name: 'a claimed address',
  change: (plain, n) => ({ ...plain, headers: [...plain.headers, ['x-forwarded-for', `192.0.2.${n}`]] }),
}
const elsewhere: Disguise = { name: 'another path', change: (plain) => ({ ...plain, path: '/S' }) }

/** An account of a target that holds back after 5 failures of one budget, unless the window ends with every so many requests. */
function guarded(
  budgetOf: (sent: HttpRequest) => string,
  ends = Number.POSITIVE_INFINITY,
  atOtherPaths = () => sampleExchange('missing', { operation: 'session.create' }),
): Guarded {
  const failures = new Map<string, number>()
  let requests = 0
  return {
    ...{ name: 'passwords', ready: Promise.resolve(), disguises: [claims, elsewhere] },
    async show(secret, { change = (plain: HttpRequest) => plain }: Partial<Disguise> = {}, n = 1) {
      const sent = change(request, n)
      if (++requests % ends === 0) failures.clear()
      if (sent.path !== '/s') return atOtherPaths()
      const failed = failures.get(budgetOf(sent)) ?? 0
      if (secret === 'wrong') failures.set(budgetOf(sent), failed + 1)
      const answer = failed >= 5 ? 'limited' : secret === 'right' ? 'accepted' : 'refused'
      return sampleExchange(answer, { operation: 'session.create' })
    },
  }
}

const judged = (one: Guarded) =>
  sampleKit().judge((kit) => kit.verify.each([one], () => throttleHoldsInDisguise(kit, one)))

test('a throttle that counts all alike holds, and what leads nowhere is no way around it', async () => {
  const { verdict, variants } = await judged(guarded(() => 'one account'))
  expect(verdict).toBe('pass')
  expect(variants.map(({ name, state }) => [name, state])).toEqual([
    ['passwords, a claimed address', 'held'],
    ['passwords, another path', 'not-applicable'],
  ])
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
      actual: '3 of 3 guesses were looked at so, and those as they are held back before and after',
      reproduce: expect.stringMatching(/^for i in \$\(seq 130\); do curl .* & done; wait; curl /),
    },
  ])
})

test('where the window ends meanwhile nothing is said, and where nobody is held back there is nothing to go around', async () => {
  const { verdict, findings } = await judged(guarded(({ headers }) => JSON.stringify(headers), 13))
  expect([verdict, findings]).toEqual(['unproven', []])
  expect(await judged(guarded(() => String(Math.random())))).toMatchObject({ verdict: 'not-applicable' })
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
