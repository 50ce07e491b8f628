import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { showSecrets } from './callers-secrets.ts'

const read = sampleExchange('accepted', { operation: 'principal.get' })

/** The secrets that are looked for, by what shows them. */
async function shownBy(tokens: Record<string, string>, password?: string) {
  const { kit } = sampleKit({ has: (operation) => operation === 'session.create' })
  const principals = Object.fromEntries(
    Object.keys(tokens).map((name) => [
      name,
      name === 'admin' && password ? { session: { input: { password } } } : {},
    ]),
  )
  Object.assign(kit.profile, { principals })
  Object.assign(kit.api, { credential: async (name: string) => ({ token: tokens[name] }) })
  const shown = await showSecrets(kit, read)
  return shown.map(({ name, value, exchange, ordinary }) => [name, value, exchange.operation, ordinary])
}

test('the owner shows his credential and his password', async () => {
  expect(await shownBy({ admin: 'token 4f1c9a27e0' }, 'Right-4711')).toEqual([
    ['credential of admin', '4f1c9a27e0', 'principal.get', false],
    ['password of admin', 'Right-4711', 'session.create', false],
  ])
})

test('what may stand in any log is known for that', async () => {
  const ordinary = async (token: string) => (await shownBy({ admin: token })).map(([, , , is]) => is)
  for (const token of ['short-1', 'administrator', '12345678']) expect(await ordinary(token)).toEqual([true])
  for (const token of ['4f1c9a27e0', 'Right-4711', 'correct horse battery'.replaceAll(' ', '-')])
    expect(await ordinary(token)).toEqual([false])
})
