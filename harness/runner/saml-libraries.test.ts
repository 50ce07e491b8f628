import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { checkFiles } from './checks.ts'
import { judgedLibrary } from './judged-library.testing.ts'
import { startWorld, type World } from './world.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

vi.mock('../check/check.ts', () => import('./declared.testing.ts'))

let world: World

beforeAll(async () => {
  const target = fileURLToPath(new URL('../../fixtures/targets/saml-api.yaml', import.meta.url))
  world = await startWorld({ target, reach: 'disruptive', seed: 1 })
  await import((await checkFiles()).get('auth/saml-wrap') ?? '')
})
afterAll(async () => world.close())

const found = async (library: string, way = 'pinned') =>
  (await judgedLibrary(world, library, way))['auth/saml-wrap']

// Both are open issues of it, as saml-api.md tells.
const ofNodeSaml = ['medium: another issuer', 'medium: another recipient']

test.each([
  ['node-saml', 'pinned', ofNodeSaml],
  [
    ...(['node-saml', 'as-in-the-first-example'] as const),
    [
      'medium: a confirmation that is over',
      'medium: a request that nobody made',
      'medium: a second time',
      ...ofNodeSaml,
    ],
  ],
  ['node-saml-4', 'pinned', ['a comment in the digest', 'a comment in the digest, response', ...ofNodeSaml]],
])('%s, %s: what is there is found, and nothing else', async (library, way, expected) => {
  expect(await found(library, way)).toEqual(expected)
})

test('a wrapped answer signs in somebody else by an old samlify, and by a new one nobody', async () => {
  const wrapped = 'a signed response behind its signature in another'
  expect(await found('samlify-2.9')).toContain(wrapped)
  expect(await found('samlify')).not.toContain(wrapped)
})
