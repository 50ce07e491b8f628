import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { NotApplicable } from '../verdicts.ts'
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
  return shown.map(({ name, value, exchange }) => [name, value, exchange.operation])
}

test('the owner shows his credential and his password', async () => {
  expect(await shownBy({ admin: 'token 4f1c9a27e0' }, 'Right-4711')).toEqual([
    ['credential of admin', '4f1c9a27e0', 'principal.get'],
    ['password of admin', 'Right-4711', 'session.create'],
  ])
})

test('what may stand in any log is not looked for, and nothing is judged where there is nothing else', async () => {
  expect(await shownBy({ admin: '4f1c9a27e0' }, 'password')).toHaveLength(1)
  await expect(shownBy({ admin: 'short-1' }, 'administrator')).rejects.toThrow(NotApplicable)
})
