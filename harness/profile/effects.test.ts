import { expect, test } from 'vitest'
import { effectOfVerb, sendsByVerb, synonyms } from './effects.ts'

test.each([
  ['get', 'read'],
  ['listMembers', 'read'],
  ['stats', 'read'],
  ['create', 'create'],
  ['import', 'create'],
  ['rotate', 'change'],
  ['setStatus', 'change'],
  ['bulk-delete', 'delete'],
  ['remove', 'delete'],
  ['sned', null],
  ['ping', null],
] as const)('%s says: %s', (verb, effect) => {
  expect(effectOfVerb(verb)).toBe(effect)
})

test('a verb by which mail may go out is known, and other words for one', () => {
  expect(['send', 'sendTest', 'launch', 'invite', 'archive', 'get'].map(sendsByVerb)).toEqual([
    ...[true, true, true, true, false, false],
  ])
  expect(synonyms('revoke')).toContain('delete')
  expect(synonyms('ping')).toEqual([])
})
