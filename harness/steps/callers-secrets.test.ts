import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Reach } from '../model.ts'
import { neverInQuery, showSecrets } from './callers-secrets.ts'

const read = sampleExchange('accepted', { operation: 'principal.get' })

interface Scene {
  readonly token: string
  readonly password?: string
  readonly reach?: Reach
}

/** What is looked for, with the call that showed it, and the name of what keeps it from being looked for. */
async function shownBy({ token, password = '', reach = 'intrusive' }: Scene) {
  const { kit } = sampleKit({
    call: (operation) => sampleExchange('accepted', { operation, result: { secret: 'rk-0123456789' } }),
    profile: { principals: { admin: { session: { input: { password } } } } },
  })
  const api = { ...kit.api, credential: async () => ({ token }) }
  const shown = await showSecrets({ ...kit, api, runReach: reach } as never, read)
  return shown.map(({ name, value, exchange, obstacle }) => [name, value, exchange.operation, obstacle?.name])
}

test('the owner shows his credential and his password, and the target a new key', async () => {
  expect(await shownBy({ token: 'token 4f1c9a27e0', password: 'Right-4711' })).toEqual([
    ['credential of admin', '4f1c9a27e0', 'principal.get', undefined],
    ['password of admin', 'Right-4711', 'session.create', undefined],
    ['a new key', 'rk-0123456789', 'key.create', undefined],
  ])
})

test('a run that is held to reading makes no key, and says so', async () => {
  const shown = await shownBy({ token: '4f1c9a27e0', reach: 'safe' })
  expect(shown.at(-1)).toEqual(['a new key', '', 'principal.get', 'HeldBack'])
})

test('what may stand in any log is known for that', async () => {
  const obstacle = async (token: string) => (await shownBy({ token }))[0]?.[3]
  for (const token of ['short-1', 'administrator', '12345678'])
    expect(await obstacle(token)).toBe('NotApplicable')
  for (const token of ['4f1c9a27e0', 'Right-4711', 'correct-horse-battery'])
    expect(await obstacle(token)).toBeUndefined()
})

test('what checks alone write into a query is left out, and nothing that the target itself takes there', () => {
  const inHeader = { operations: {}, principals: { admin: { bearer: 'x' } } }
  expect(neverInQuery(inHeader as never)).toEqual(expect.arrayContaining(['api_key', 'token', 'key']))
  const inQuery = {
    operations: { 'message.list': { query: { key: '{search}' } } },
    principals: {
      admin: { query: { api_key: 'x' } },
      sender: { session: { input: {}, query: { token: '{token}' } } },
    },
  }
  const left = neverInQuery(inQuery as never)
  for (const own of ['api_key', 'token', 'key']) expect(left).not.toContain(own)
  expect(left).toContain('access_token')
})
