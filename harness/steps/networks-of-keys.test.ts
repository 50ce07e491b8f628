import { expect, test } from 'vitest'
import { field, type Recorded, withApi } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Submission } from '../check/submission.ts'
import { claimsOfElsewhere, keptOut, keysForPlaces, waysIn } from './networks-of-keys.ts'

const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  key.create: {method: POST, path: /keys, body: '{"ips": ipAllowlist}', result: {secret: body.secret}}
mail: {from: a@shop.test}
`

test('a key is shown as it is, with each field that claims to come from elsewhere, and where mail is submitted', async () => {
  const seen: string[][] = []
  const answer = (request: Recorded) => {
    seen.push(request.headers.filter(([, value]) => value.includes('192.0.2.10')).map(([name]) => name))
    return field(request, 'authorization') === 'Bearer sk_live_right'
      ? { body: { id: 'u1' } }
      : { status: 401 }
  }
  await withApi({ profile, env: { KEY: 'key-of-admin' }, answer }, async ({ api, profile }) => {
    const submission = { ports: [{}] } as unknown as Submission
    const kit: Kit = { ...sampleKit().kit, api, profile, submission }
    const ways = await waysIn(kit, { id: 'k', secret: 'sk_live_right' }, claimsOfElsewhere)
    const names = ways.map(({ name }) => name)
    expect([names[0], names.at(-1)]).toEqual(['HTTP', 'SMTP AUTH'])
    const shown = await Promise.all(
      ways.slice(0, -1).map(({ show }) => show({ id: 'k', secret: 'sk_live_wrong' })),
    )
    expect(shown.filter(({ isIn }) => isIn)).toEqual([])
    expect(seen.filter((headers) => headers.length === 1)).toHaveLength(names.length - 2)
    expect((await ways[1]?.show({ id: 'k', secret: 'sk_live_right' }))?.isIn).toBe(true)
  })
})

test('one key is for everywhere, and one for a network where nobody is', async () => {
  const asked: unknown[] = []
  const { kit } = sampleKit({
    profile: { scopes: { 'messages:read': ['message.list'] } },
    call(operation, { ipAllowlist, scopes }) {
      asked.push([ipAllowlist, scopes])
      return sampleExchange('accepted', { operation, result: { id: `k${asked.length}`, secret: 's' } })
    },
  })
  await keysForPlaces(kit)
  expect(asked).toEqual([
    [undefined, ['messages:read']],
    [['192.0.2.10/32'], ['messages:read']],
  ])
})

test.for([
  ['pass', 403, () => true],
  // An error that comes again is a denial while the good key is let in.
  ['pass', 500, () => true],
  ['unproven', 500, (shown: number) => shown < 2],
  ['unproven', 429, () => true],
  ['fail', 200, () => true],
] as const)('a key that is kept out: %s for %i', async ([verdict, status, lets]) => {
  const { judge, kit } = sampleKit({ about: { severity: 'high' } })
  let shown = 0
  const way = {
    ...{ name: 'HTTP', operation: 'key.create' as const },
    async show({ secret }: { readonly secret: string }) {
      const isIn = secret === 'good' ? lets(++shown) : status === 200
      const answers = { 200: 'accepted', 403: 'refused', 429: 'limited', 500: 'broken' } as const
      const answer = isIn ? 'accepted' : answers[status]
      return { exchange: sampleExchange(answer, { operation: 'key.create' }), isIn }
    },
    letsIn: async (key: { readonly secret: string }) => (await way.show(key)).isIn,
  }
  const keys = { good: { id: '1', secret: 'good' }, bad: { id: '2', secret: 'bad' } }
  const outcome = await judge(({ verify }) => keptOut({ ...kit, verify }, [way], keys, 'kept out'))
  expect(outcome.verdict).toBe(verdict)
})
