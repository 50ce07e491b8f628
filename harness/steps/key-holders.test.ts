import { expect, test } from 'vitest'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { keyHolders } from './key-holders.ts'

test('what a scope grants on own objects alone is granted where another grants it on everything', () => {
  const profile = {
    principals: {
      admin: { tenant: 'acme' },
      writer: { tenant: 'acme', scopes: ['own'] },
      editor: { tenant: 'acme', scopes: ['own', 'all'] },
      neighbour: { tenant: 'globex', scopes: ['own'] },
    },
    scopes: { own: ['template.create', 'template.update'], all: ['template.update'] },
    ownOnly: { roles: {}, scopes: { own: ['template.update'] } },
  }
  expect(keyHolders(sampleKit({ profile }).kit)).toEqual([
    { name: 'writer', scopes: ['own'], granted: ['template.create'], ownOnly: ['template.update'] },
    { name: 'editor', scopes: ['own', 'all'], granted: ['template.create', 'template.update'], ownOnly: [] },
  ])
})
