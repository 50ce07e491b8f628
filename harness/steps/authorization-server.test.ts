import { expect, test } from 'vitest'
import { authorizationServer } from './authorization-server.ts'
import { oauthScene } from './small-server.testing.ts'

const publicClient = async (scene: ReturnType<typeof oauthScene>) => {
  const server = await authorizationServer(scene.kit)
  const [client] = server.clientsFor('authorization_code')
  if (client === undefined) throw new Error('a client is in the scene')
  return { server, client }
}

test('somebody signs in once, and a code is exchanged by who asked for it', async () => {
  const scene = oauthScene()
  const { server, client } = await publicClient(scene)
  expect(client.name).toBe('public')
  const { access, expiresIn } = await server.tokensFor(client)
  expect([access.startsWith('token-of-a-test'), expiresIn]).toEqual([true, 900])
  await server.tokensFor(client)
  expect(scene.requests.filter(({ path }) => path === '/sign-in').length).toBe(1)
})

test('a confidential client shows its secret by Basic, and none of it in the form', async () => {
  const scene = oauthScene()
  const { server } = await publicClient(scene)
  const [, confidential] = server.clientsFor('authorization_code')
  if (confidential === undefined) throw new Error('a client is in the scene')
  await server.tokensFor(confidential)
  const { headers, body } = scene.requests.at(-1) ?? { headers: [], body: '' }
  expect(headers).toContainEqual([
    'authorization',
    `Basic ${Buffer.from('confidential:secret').toString('base64')}`,
  ])
  expect(String(body)).not.toContain('secret')
})

test.each<[string, Parameters<typeof oauthScene>[0], RegExp]>([
  [
    'no metadata',
    { instead: () => ({ status: 404 }) },
    /tells no metadata: .*oauth-authorization-server was answered 404/,
  ],
  ['metadata that is none', { instead: () => ({ body: '[1]' }) }, /tells no metadata/],
  [
    'an endpoint elsewhere',
    { metadata: { token_endpoint: 'https://elsewhere.test/token' } },
    /token_endpoint is at https:\/\/elsewhere\.test, which the profile does not name/,
  ],
  [
    'an endpoint that is none',
    { metadata: { authorization_endpoint: 7 } },
    /names no authorization_endpoint/,
  ],
  [
    'a wrong password',
    {
      instead: ({ path }) =>
        path === '/sign-in' ? { status: 303, headers: [['location', '/authorize?x']] } : undefined,
    },
    /the page “Sign in” comes again/,
  ],
  ['no code', { allows: () => false }, /an authorization request of public got no code: it was answered 400/],
  ['no tokens', { exchanges: () => false }, /the code of public was exchanged for no tokens: 400/],
])('%s leaves it unproven, and says what to look at', async (_, faults, said) => {
  const { judge } = oauthScene(faults)
  const { verdict, reason } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    for (const client of server.clientsFor('authorization_code').slice(0, 1)) await server.tokensFor(client)
  })
  expect([verdict, reason]).toEqual(['unproven', expect.stringMatching(said)])
})
