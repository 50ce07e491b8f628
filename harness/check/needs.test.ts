import { expect, test } from 'vitest'
import type { Profile } from '../profile/shape.ts'
import { missing } from './needs.ts'

test.each([
  ['neighbor', 'profile declares no principal neighbour: is it what it calls neighbor?'],
  // One of our own names for another.
  ['reader', 'profile declares no principal neighbour'],
])('a principal %s where a neighbour is needed: %s', (name, says) => {
  const profile = { principals: { [name]: {} } } as unknown as Profile
  expect(missing(['principal:neighbour'], profile)).toBe(says)
})

test('our names are no slips of one another', () => {
  const profile = { principals: { reader: {}, sender: {} } } as unknown as Profile
  expect(missing(['principal:reader', 'principal:sender'], profile)).toBeNull()
  const { sender } = profile.principals
  expect(missing(['principal:reader'], { ...profile, principals: { sender } } as Profile)).toBe(
    'profile declares no principal reader',
  )
})

test('what is missing for two needs is said once', () => {
  const profile = { operations: {} } as unknown as Profile
  expect(missing(['session.create:email', 'session.create:password', 'key.create'], profile)).toBe(
    'profile declares no session.create; profile declares no key.create',
  )
})
