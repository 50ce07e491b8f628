import { expect, test } from 'vitest'
import { judgedOfOwnChanges, type Ways } from './own-changes.testing.ts'
import { changesOfPassword } from './password-changes.ts'

const judged = (ways: Ways) => judgedOfOwnChanges(ways, changesOfPassword)

test('a password that changes by the present one is held of each way', async () => {
  const { verdict, states, variants, findings } = await judged({})
  expect({ verdict, states, findings }).toEqual({ verdict: 'pass', states: [], findings: [] })
  expect(variants.map(({ name }) => name)).toEqual([
    ...['by the session alone', 'by an empty password', 'by a wrong password'],
    ...['by the password of somebody else', 'the other sessions', 'its owner is told'],
    'guesses of the present password',
  ])
})

test('what changes it without the present one, or with another, is found by the sign-in', async () => {
  const none = await judged({ takes: (shown, present) => shown === undefined || shown === present })
  expect(none.findings).toMatchObject([
    { operation: 'password.change', variant: 'by the session alone', severity: 'high' },
  ])
  const empty = await judged({ takes: (shown, present) => shown === '' || shown === present })
  expect(empty.states).toEqual(['by an empty password: violated'])
  const any = await judged({ takes: (shown) => shown !== undefined })
  expect(any.states).toEqual([
    ...['by an empty password: violated', 'by a wrong password: violated'],
    ...['by the password of somebody else: violated', 'guesses of the present password: unjudged'],
  ])
})

test('where a change has no place for the present password, it is the session that must not do', async () => {
  const open = await judged({ asksForNoPassword: true, takes: () => true })
  expect(open.findings).toMatchObject([
    { operation: 'password.change', variant: 'by the session alone', severity: 'high' },
  ])
  expect(open.variants.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    ...['by the session alone: violated', 'the other sessions: held', 'its owner is told: held'],
  ])
  const shut = await judged({ asksForNoPassword: true, takes: () => false })
  expect([shut.verdict, shut.findings]).toEqual(['unproven', []])
})

test('where a sign-in ends the session before, there are no other sessions to end', async () => {
  const { findings, states } = await judged({ oneSession: true })
  expect([findings, states]).toEqual([[], ['the other sessions: not-applicable']])
  const open = await judged({ oneSession: true, takes: () => true })
  expect(open.findings.map(({ variant }) => variant)).toContain('by the session alone')
})

test('a session that is answered an error once it has ended is over where others are let in', async () => {
  const over = await judged({ past: 500 })
  expect([over.verdict, over.states]).toEqual(['pass', []])
  const { states } = await judged({ past: 500, breaks: true })
  expect(states).toContain('the other sessions: unjudged')
})

test('guesses without end are a finding, where a run may make them', async () => {
  const { findings } = await judged({ most: 1000 })
  expect(findings).toMatchObject([{ variant: 'guesses of the present password', severity: 'medium' }])
  // The right one is refused then as wrong ones were before.
  const silent = await judged({ throttled: 400, refusal: 400 })
  expect(silent.findings).toEqual([])
  const { states } = await judgedOfOwnChanges({}, changesOfPassword, 'intrusive')
  expect(states).toEqual(['guesses of the present password: held-back'])
})

test('an owner who hears nothing is a finding, and without any mail nothing is said of it', async () => {
  const { findings } = await judged({ tells: false })
  expect(findings).toMatchObject([{ variant: 'its owner is told', severity: 'medium' }])
  const { states } = await judged({ mails: false })
  expect(states).toEqual(['its owner is told: unjudged'])
})
