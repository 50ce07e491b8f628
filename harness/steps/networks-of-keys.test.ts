import { expect, test } from 'vitest'
import { field, type Recorded, withApi } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Submission } from '../check/submission.ts'
import { claimsOfElsewhere, keysForPlaces, waysIn } from './networks-of-keys.ts'

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
