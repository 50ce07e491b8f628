import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { changedCharacters, gainsNothing, isNew } from './rotations.ts'

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
