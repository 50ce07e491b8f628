import { expect, test } from 'vitest'
import type { Announced } from '../check/admission.ts'
import { createAdmission } from './admission.ts'

const check = (ticket: string, more: Partial<Announced> = {}): Announced => ({
  ...{
    ticket,
    runner: 'vitest',
    instance: 'one',
    exclusive: false,
    showsBadCredentials: false,
    disruptive: false,
    awaitsClocks: false,
  },
  ...more,
})

/** Who was let in, in order. */
function watched(atOnce: number, checks: readonly Announced[]) {
  const admission = createAdmission(atOnce)
  const inside: string[] = []
  const announce = async (more: readonly Announced[]) => {
    admission.announce(more)
    for (const { ticket } of more)
      void admission.enter(ticket).then(
        () => inside.push(ticket),
        () => {},
      )
    await settled()
  }
  return { admission, inside, announce, begun: announce(checks) }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('no more are inside than the bound, in the order of their announcement', async () => {
  const { admission, inside, begun } = watched(
    2,
    ['a', 'b', 'c'].map((ticket) => check(ticket)),
  )
  await begun
  expect(inside).toEqual(['a', 'b'])
  admission.leave('a')
  await settled()
  expect(inside).toEqual(['a', 'b', 'c'])
})

test('what waits for clocks begins first', async () => {
  const { inside, begun } = watched(2, [check('a'), check('b'), check('c', { awaitsClocks: true })])
  await begun
  expect(inside.toSorted()).toEqual(['a', 'c'])
})

test('an exclusive check waits for all others, the disruptive one for the rest, and last comes the one that gets every caller turned away', async () => {
  const { admission, inside, begun } = watched(9, [
    check('guessing', { exclusive: true, disruptive: true, showsBadCredentials: true }),
    check('hurting', { exclusive: true, disruptive: true }),
    check('exclusive', { exclusive: true }),
    check('a'),
  ])
  await begun
  const order = ['a', 'exclusive', 'hurting', 'guessing']
  for (const [i, ticket] of order.entries()) {
    expect(inside).toEqual(order.slice(0, i + 1))
    admission.leave(ticket)
    await settled()
  }
})

test('a check that shows bad credentials, for which a target may turn everybody away, waits for the others of its target alone', async () => {
  const { admission, announce, inside, begun } = watched(9, [
    check('anon', { showsBadCredentials: true }),
    check('forged', { showsBadCredentials: true }),
    check('elsewhere', { showsBadCredentials: true, instance: 'two' }),
    check('exclusive', { exclusive: true }),
    check('a'),
  ])
  admission.expect(['browser'])
  await begun
  expect(inside).toEqual(['elsewhere', 'a'])
  admission.leave('a')
  await settled()
  expect(inside).toEqual(['elsewhere', 'a'])
  await announce([check('page', { runner: 'browser' })])
  admission.leave('page')
  await settled()
  expect(inside).toEqual(['elsewhere', 'a', 'page', 'anon', 'forged'])
  for (const ticket of ['elsewhere', 'anon', 'forged']) admission.leave(ticket)
  await settled()
  expect(inside.at(-1)).toBe('exclusive')
})

test('exclusive checks of several targets run beside one another, a few at once, and whoever is alone by itself', async () => {
  const { admission, begun, inside } = watched(
    9,
    ['a', 'b', 'c', 'd'].map((ticket) => check(ticket, { exclusive: true, instance: ticket })),
  )
  await begun
  expect(inside).toEqual(['a', 'b', 'c'])
  let alone = false
  const asked = admission.alone('a').then(() => {
    alone = true
  })
  for (const ticket of ['b', 'c']) admission.leave(ticket)
  await settled()
  expect([inside, alone]).toEqual([['a', 'b', 'c', 'd'], false])
  admission.leave('d')
  await asked
  expect(alone).toBe(true)
})

test('while one waits to be alone, no other check of its target begins', async () => {
  const { admission, begun, inside } = watched(9, [
    check('a', { exclusive: true }),
    check('other', { exclusive: true, instance: 'two' }),
    check('next', { exclusive: true, disruptive: true }),
  ])
  await begun
  let alone = false
  const asked = admission.alone('a').then(() => {
    alone = true
  })
  await settled()
  expect([inside, alone]).toEqual([['a', 'other'], false])
  admission.leave('other')
  await asked
  expect([inside, alone]).toEqual([['a', 'other'], true])
  admission.leave('a')
  await settled()
  expect(inside).toEqual(['a', 'other', 'next'])
})

test('what is announced late waits for the exclusive check that has begun and waits to be alone', async () => {
  const { admission, begun, inside, announce } = watched(9, [
    check('a', { exclusive: true }),
    check('other', { exclusive: true, instance: 'two' }),
  ])
  await begun
  const asked = admission.alone('a')
  await announce([check('late')])
  admission.leave('other')
  await asked
  expect(inside).toEqual(['a', 'other'])
  admission.leave('a')
  await settled()
  expect(inside).toEqual(['a', 'other', 'late'])
})

test('one of many that asks to be alone waits for those that wait for a place', async () => {
  const { admission, begun, inside } = watched(2, [check('a'), check('b'), check('c')])
  await begun
  const asked = admission.alone('a')
  await settled()
  expect(inside).toEqual(['a', 'b', 'c'])
  for (const ticket of ['b', 'c']) admission.leave(ticket)
  await asked
})

test('an exclusive check waits for the other runner, unless that is gone', async () => {
  const { admission, inside, announce } = watched(9, [])
  admission.expect(['vitest', 'browser'])
  await announce([check('exclusive', { exclusive: true })])
  expect(inside).toEqual([])
  await announce([check('page', { runner: 'browser' })])
  expect(inside).toEqual(['page'])
  admission.gone('browser')
  await settled()
  expect(inside).toEqual(['page', 'exclusive'])
})

test('who asks to be alone while it runs waits until nobody else does', async () => {
  const { admission, begun, inside } = watched(9, [check('a'), check('b')])
  await begun
  let alone = false
  const asked = admission.alone('a').then(() => {
    alone = true
  })
  await settled()
  expect([inside, alone]).toEqual([['a', 'b'], false])
  admission.leave('b')
  await asked
  expect(alone).toBe(true)
})

test('nobody is let in after an interrupt', async () => {
  const { admission, begun } = watched(1, [check('a'), check('b')])
  await begun
  admission.close()
  await expect(admission.enter('b')).rejects.toThrow('interrupted')
})
