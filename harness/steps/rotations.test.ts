import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import type { MadeKey } from './key-channels.ts'
import { changedCharacters, gainsNothing, isNew, staysElsewhere } from './rotations.ts'

test.each([
  ['sk_live_abcdefghijklmnop', 'sk_live_abcdefghijklmnop', 0],
  ['sk_live_abcdefghijklmno1', 'sk_live_abcdefghijklmno2', 1],
  ['sk_live_9', 'sk_live_10', 2],
  ['aaaa', 'aaaaaa', 2],
  ['SG.id17.aaaaaaaaaaaaaaaaaaaa', 'SG.id17.bbbbbbbbbbbbbbbbbbbb', 20],
  ['1-common', '2-common', 1],
  ['', 'abc', 3],
])('from %s to %s, so many characters are others: %d', (before, after, count) => {
  expect(changedCharacters(before, after)).toBe(count)
})

test('a secret that whoever has the one before can guess is a finding', async () => {
  const { judge } = sampleKit()
  const before = `sk_live_${'a'.repeat(32)}`
  const { findings } = await judge(async (kit) => {
    await kit.api.call('key.rotate', { id: 'k' })
    isNew(kit, before, before)
    isNew(kit, before, `${before.slice(0, -2)}bc`)
    isNew(kit, before, `sk_live_${'b'.repeat(32)}`)
  })
  expect(findings.map(({ actual }) => actual)).toEqual([
    'it is the secret from before',
    '2 are, and the rest is the secret from before',
  ])
})

test('a read that the new secret is let do, and the one before was refused, is a finding', async () => {
  const { judge } = sampleKit()
  const read = (operation: string, answer: 'accepted' | 'refused' | 'broken' = 'accepted') =>
    sampleExchange(answer, { operation })
  const [may, not, fails] = [
    read('message.list'),
    read('user.list', 'refused'),
    read('contact.list', 'broken'),
  ]
  const { findings } = await judge(async (kit) => {
    await kit.api.call('key.rotate', { id: 'k' })
    gainsNothing(kit, [may, not, fails], [may, not, read('contact.list')])
    gainsNothing(kit, [may, not, fails], [may, read('user.list'), fails])
  })
  expect(findings.map(({ actual }) => actual)).toEqual(['by its new secret it reads more: user.list'])
})

/** An API of keys for networks, by what it answers to one that is elsewhere. */
function keysApi(denial: number, { frees = false, breaks = false } = {}) {
  const keys = new Map([['sk_live_everywhere', 'all']])
  let denied = 0
  return (request: Recorded): Scripted => {
    const shown = (field(request, 'authorization') ?? '').replace('Bearer ', '')
    const said = JSON.parse(request.body || '{}') as { ips?: unknown }
    if (shown === 'key-of-admin') {
      const secret = `sk_live_${keys.size}`
      keys.set(secret, said.ips === undefined && frees ? 'all' : 'elsewhere')
      return { status: 201, body: { id: 'k', secret } }
    }
    if (breaks && denied > 0) return { status: denial }
    if (keys.get(shown) === 'all') return { body: { id: 'u1' } }
    if (!keys.has(shown)) return { status: 401 }
    denied++
    return { status: denial }
  }
}

test.each<[string, string, readonly unknown[], Parameters<typeof keysApi>]>([
  ['is refused', 'pass', [], [403]],
  ['is answered an error, as before, while others are let in', 'pass', [], [500]],
  ['is led to a sign-in, as before', 'pass', [], [302]],
  ['is let in', 'fail', [{ severity: 'high' }], [500, { frees: true }]],
  ['meets errors as all do', 'unproven', [], [500, { breaks: true }]],
])('a key for another network that %s by its new secret', async (_, verdict, found, [denial, how]) => {
  const profile = `
principals: {admin: {bearer: "\${env:KEY}"}}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  key.create: {as: admin, method: POST, path: /keys, body: '{"ips": ipAllowlist}', result: {id: body.id, secret: body.secret}}
  key.rotate: {as: admin, method: POST, path: '/keys/{id}/rotate', result: {secret: body.secret}}
mail: {from: a@shop.test}
`
  const everywhere: MadeKey = { id: 'e', secret: 'sk_live_everywhere' }
  const scene = { profile, env: { KEY: 'key-of-admin' }, answer: keysApi(denial, how) }
  const said = await judgedOver({ ...scene, about: { severity: 'high' } }, async (kit) =>
    staysElsewhere(kit, everywhere),
  )
  expect(said).toMatchObject({ verdict, findings: found })
})
