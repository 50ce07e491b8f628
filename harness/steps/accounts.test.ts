import { expect, test } from 'vitest'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { statesOfAccounts, wrongPasswords } from './accounts.ts'

test.each([
  [{}, { tries: 8, subjects: 9 }],
  [
    { perAccount: 50, perSource: 100 },
    { tries: 8, subjects: 10 },
  ],
  [
    { perAccount: 5, perSource: 12 },
    { tries: 3, subjects: 5 },
  ],
  [
    { perAccount: 1, perSource: 1 },
    { tries: 1, subjects: 1 },
  ],
])('with a promised throttle of %o, %o stay below it', (signIn, bounds) => {
  expect(wrongPasswords({ limits: { signIn } })).toEqual(bounds)
})

const stated = (accounts: object, has?: (operation: string) => boolean) =>
  statesOfAccounts(sampleKit({ profile: { accounts }, ...(has === undefined ? {} : { has }) }).kit)

test('each state that the profile names is asked about by itself, beside strangers of the same domain', async () => {
  const sso = ['ada@corp.test', 'bob@sub.corp.test']
  const states = stated({ sso, locked: ['eve@shop.test'] })
  expect(states.map(({ name, bounds }) => [name, bounds.subjects])).toEqual([
    ['new accounts', 6],
    ['accounts: sso', 2],
    ['accounts: locked', 1],
  ])
  const pairs = [await states[1]?.make(), await states[1]?.make(), await states[1]?.make()]
  expect(pairs.map((pair) => pair?.a)).toEqual([...sso, sso[0]])
  expect(pairs.map((pair) => pair?.b.replace(/.*@/, ''))).toEqual(['corp.test', 'sub.corp.test', 'corp.test'])
  expect(new Set(pairs.map((pair) => pair?.b)).size).toBe(3)
})

test('accounts that the profile names need nobody to make any', () => {
  const names = (accounts: object) => stated(accounts, (operation) => operation !== 'user.create')
  expect(names({ sso: ['ada@corp.test'] }).map(({ name }) => name)).toEqual(['accounts: sso'])
  expect(names({})).toEqual([])
})
