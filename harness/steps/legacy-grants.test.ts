import { expect, test } from 'vitest'
import { authorizationServer } from './authorization-server.ts'
import { tokensForPasswords, tokensInRedirects, truthfulMetadata } from './legacy-grants.ts'
import { type Faults, oauthScene } from './small-server.testing.ts'

async function judged(faults: Faults = {}) {
  const { judge } = oauthScene(faults)
  const { verdict, findings, variants } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('authorization_code')
    if (client === undefined) throw new Error('a client is in the scene')
    await server.codeFor(client)
    const parts = [
      ...tokensInRedirects(kit, server, client),
      ...tokensForPasswords(kit, server),
      ...truthfulMetadata(kit, server, client),
    ]
    await kit.verify.each(parts, ({ judge }) => judge())
  })
  const not = variants.filter(({ state }) => state === 'not-applicable').map(({ name }) => name)
  return { verdict, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`), not }
}

test('a server of codes alone, whose metadata say so, is sound', async () => {
  expect(await judged()).toEqual({ verdict: 'pass', found: [], not: ['the protected resource'] })
})

test('tokens in redirections and for passwords are found', async () => {
  const { found } = await judged({
    instead({ path }, form) {
      const type = new URL(path, 'https://auth.test').searchParams.get('response_type') ?? 'code'
      if (type.includes('token'))
        return {
          status: 302,
          headers: [['location', 'https://app.test/callback#access_token=a&token_type=Bearer']],
        }
      return form.get('grant_type') === 'password' ? { status: 200, body: '{"access_token":"a"}' } : undefined
    },
  })
  expect(found.sort()).toEqual([
    'grant_type password, confidential: critical',
    'grant_type password, public: critical',
    'response_type code id_token token: critical',
    'response_type code token: critical',
    'response_type id_token token: critical',
    'response_type token: critical',
  ])
})

test.each<[string, object, string]>([
  ['another issuer', { issuer: 'https://elsewhere.test' }, 'the issuer'],
  ['an issuer with a slash more', { issuer: 'https://auth.test/' }, 'the issuer'],
  ['the password grant', { grant_types_supported: ['authorization_code', 'password'] }, 'grant types'],
  ['tokens in redirections', { response_types_supported: ['code', 'id_token token'] }, 'response types'],
  ['plain challenges', { code_challenge_methods_supported: ['plain', 'S256'] }, 'challenge methods'],
  ['no challenges', { code_challenge_methods_supported: undefined }, 'challenge methods'],
])('metadata that say %s are found', async (_, metadata, variant) => {
  expect((await judged({ metadata })).found).toEqual([`${variant}: medium`])
})

test('answers of id_token alone, and grants that are not legacy, are no finding', async () => {
  const metadata = {
    response_types_supported: ['code', 'id_token', 'none'],
    grant_types_supported: ['refresh_token'],
  }
  expect((await judged({ metadata })).found).toEqual([])
})

test('metadata of a protected resource that name another one are found', async () => {
  const naming = (body: object): Faults => ({
    instead: ({ path }) =>
      path === '/.well-known/oauth-protected-resource' ? { body: JSON.stringify(body) } : undefined,
  })
  const own = { resource: 'https://auth.test', authorization_servers: ['https://auth.test'] }
  expect(await judged(naming(own))).toMatchObject({ found: [], not: [] })
  for (const wrong of [
    { ...own, resource: 'https://elsewhere.test' },
    { ...own, authorization_servers: ['https://elsewhere.test'] },
    { ...own, resource: 'https://auth.tes' },
  ])
    expect((await judged(naming(wrong))).found).toEqual(['the protected resource: medium'])
})
