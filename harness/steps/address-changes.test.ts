import { expect, test } from 'vitest'
import { changesOfAddress } from './address-changes.ts'
import { judgedOfOwnChanges, type Ways } from './own-changes.testing.ts'

const judged = (ways: Ways) => judgedOfOwnChanges(ways, changesOfAddress)

test('an address that proves itself, by who shows the password, is held of each way', async () => {
  const { verdict, states, variants, findings } = await judged({})
  expect({ verdict, states, findings }).toEqual({ verdict: 'pass', states: [], findings: [] })
  expect(variants.map(({ name }) => name)).toEqual([
    ...['by the session alone', 'by a wrong password', 'signing in before it is confirmed'],
    ...['the other sessions', 'the former address is told', 'confirmed once more'],
    'confirmed by the session of somebody else',
    ...['a new password by mail before it is confirmed', 'confirmed after another password was set'],
  ])
})

test('what changes it without the password, or with any, is found by the sign-in', async () => {
  const none = await judged({ takes: (shown, present) => shown === undefined || shown === present })
  expect(none.findings).toMatchObject([
    { operation: 'email.change', variant: 'by the session alone', severity: 'high' },
  ])
  const any = await judged({ takes: (shown) => shown !== undefined })
  expect(any.states).toEqual(['by a wrong password: violated'])
})

test('what counts at once signs in and sets passwords before it has proved itself', async () => {
  const { states } = await judged({ countsAtOnce: true })
  expect(states).toEqual(
    expect.arrayContaining([
      'signing in before it is confirmed: violated',
      'a new password by mail before it is confirmed: violated',
    ]),
  )
})

test('tokens that do for whoever shows them, again, and after another password', async () => {
  const { findings } = await judged({ looksAtNoToken: true })
  expect(findings.map(({ variant, severity }) => `${variant}: ${severity}`).sort()).toEqual([
    'confirmed after another password was set: low',
    'confirmed by the session of somebody else: high',
    'confirmed once more: medium',
  ])
})

test('a former address that hears nothing is a finding, and without any mail nothing is said', async () => {
  const { findings } = await judged({ tells: false })
  expect(findings).toMatchObject([{ variant: 'the former address is told', severity: 'medium' }])
  const { verdict, reason } = await judged({ mails: false })
  expect([verdict, reason]).toEqual([
    'unproven',
    expect.stringContaining('nothing was mailed to the address'),
  ])
})
