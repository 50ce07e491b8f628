import { expect, test } from 'vitest'
import { alteredKeys } from './altered-keys.ts'

test('a key is cut, changed, swapped and lengthened behind the words that it begins with', () => {
  const key = 'sk_live_aB3dE6gH9jKl'
  const altered = Object.fromEntries(alteredKeys(key).map(({ name, key }) => [name, key]))
  expect(altered).toEqual({
    'without its last letter': 'sk_live_aB3dE6gH9jK',
    'without its last eight letters': 'sk_live_aB3d',
    'half of it': 'sk_live_aB3dE6',
    'with another letter in the middle': 'sk_live_aB3dE6aH9jKl',
    'with another letter near the end': 'sk_live_aB3dE6gH9aKl',
    'in the other case': 'sk_live_Ab3De6Gh9JkL',
    'with a letter more': `${key}A`,
    'with eighty letters more': key + 'A'.repeat(80),
  })
  for (const other of Object.values(altered)) expect(other).not.toBe(key)
})

test('of a short key nothing is left by some', () => {
  const names = alteredKeys('key_12').map(({ name }) => name)
  expect(names).not.toContain('without its last eight letters')
  expect(names).toContain('half of it')
})

test('base 16 is the same in capitals', () => {
  const names = (key: string) => alteredKeys(key).map(({ name }) => name)
  expect(names('0f1e2d3c4b5a69788796a5b4c3d2e1f0')).not.toContain('in the other case')
  expect(names('key-0F1E2D3C4B5A6978')).not.toContain('in the other case')
  expect(names('0f1e2d3c4b5a6978z')).toContain('in the other case')
})
