import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { weightOf } from './chance.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { keysAreChance } from './made-keys.ts'

const profile = (budget = '') => `
${budget}
principals: {admin: {bearer: "\${env:ADMIN}"}}
operations:
  key.create: {method: POST, path: /keys, body: '{"name": name}', result: {id: body.id, secret: body.key}}
  key.revoke: {method: DELETE, path: '/keys/{id}'}
mail: {from: a@shop.test}
`

/** How many are there at once at the most, and what is judged of the keys. */
async function judged(
  keyOf: (at: number) => string,
  { limit = 10, budget = '', runReach = 'intrusive' as 'safe' | 'intrusive' } = {},
) {
  let [made, there] = [0, 0]
  const answer = ({ method }: Recorded): Scripted => {
    if (method === 'DELETE') return { status: there-- > 0 ? 204 : 404 }
    if (there >= limit) return { status: 422, body: { error: 'too many keys' } }
    there++
    return { status: 201, body: { id: `key_${++made}`, key: keyOf(made) } }
  }
  const said = await judgedOver(
    { profile: profile(budget), env: { ADMIN: 'key-of-admin' }, answer, kit: { runReach } },
    (kit) => keysAreChance(kit),
  )
  return { ...said, made, there }
}

test('random keys are made, taken back, and found to be chance', async () => {
  const { verdict, made, there } = await judged(() => `sk_${randomBytes(32).toString('base64url')}`, {
    limit: 64,
  })
  expect({ verdict, made, there }).toEqual({ verdict: 'pass', made: 64, there: 0 })
})

test('keys that are short, that there were, or that are made of parts are found, and none is told', async () => {
  const short = await judged(() => randomBytes(8).toString('hex'), { limit: 64 })
  expect(short.findings).toMatchObject([
    { severity: 'medium', actual: expect.stringContaining('at most 64 bits') },
  ])
  const shortest = await judged((at) => `k-${String(at).padStart(20, '0')}`, { limit: 64 })
  expect(shortest.findings).toMatchObject([
    {
      severity: 'high',
      actual: expect.stringContaining('at most 0 bits: 2 letters of 64 keys vary, and 2 of them count'),
    },
  ])
  const [one, other] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
  const dealt = await judged((at) => (at % 2 === 0 ? one : other) + randomBytes(32).toString('hex'), {
    limit: 64,
  })
  expect(dealt.findings).toMatchObject([
    { severity: 'medium', actual: expect.stringContaining('letters in a row in common') },
  ])
  const again = await judged((at) => (at % 9 === 0 ? one : randomBytes(32).toString('hex')), { limit: 64 })
  expect(again.findings).toMatchObject([{ severity: 'critical', actual: '6 of 64 keys there were before' }])
})

test('within a budget fewer are made, and too few say nothing', async () => {
  const key = () => randomBytes(32).toString('hex')
  expect(await judged(key, { limit: 64, budget: 'budget: {requests: 400}' })).toMatchObject({
    made: 10,
    verdict: 'pass',
  })
  expect(await judged(key, { budget: 'budget: {requests: 100}' })).toMatchObject({
    made: 2,
    verdict: 'unproven',
  })
  expect(await judged(key, { runReach: 'safe' })).toMatchObject({ made: 0, verdict: 'held-back' })
})

test('bits weigh', () => {
  expect([128, 122, 64, 63.9].map(weightOf)).toEqual([null, 'low', 'medium', 'high'])
})
