import { expect, test } from 'vitest'
import { authorizationServer } from './authorization-server.ts'
import { wrongSecrets } from './client-authentication.ts'
import { oauthScene } from './small-server.testing.ts'

interface Asked {
  /** What Basic says, `id:secret`. */
  readonly basic: string | null
  readonly form: URLSearchParams
  readonly query: URLSearchParams
}

/** What is said of a server that knows a confidential client so. */
async function judged(knows: (asked: Asked) => boolean, others = 1) {
  const { judge, kit } = oauthScene({
    instead({ path, headers }, form) {
      if (!path.startsWith('/token')) return undefined
      const field = headers.find(([name]) => name === 'authorization')?.[1]
      const basic = field === undefined ? null : Buffer.from(field.slice(6), 'base64').toString()
      const query = new URL(path, 'https://auth.test').searchParams
      return knows({ basic, form, query }) ? undefined : { status: 401, body: '{"error":"invalid_client"}' }
    },
    exchanges: () => true,
  })
  if (others > 0)
    Object.assign(kit.profile.oauth?.clients ?? {}, {
      other: { id: 'other', secret: 'other-secret', redirectUri: 'https://app.test/callback' },
    })
  const { verdict, findings, variants } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client, ...more] = server.clientsFor('authorization_code').filter(({ secret }) => secret !== null)
    if (client === undefined) throw new Error('a client is in the scene')
    await server.tokensFor(client)
    await kit.verify.each(wrongSecrets(kit, server, client, more), ({ judge }) => judge(), 'one by one')
  })
  const not = variants.filter(({ state }) => state === 'not-applicable').map(({ name }) => name)
  return { verdict, found: findings.map(({ variant }) => variant), not }
}

const isRight = ({ basic, form }: Asked) => basic === 'confidential:secret' && !form.has('client_id')

test('a server that takes the secret of its client alone is sound', async () => {
  expect(await judged(isRight)).toEqual({ verdict: 'pass', found: [], not: [] })
})

test.each<[string, (asked: Asked) => boolean]>([
  [
    'no secret',
    ({ basic, form }) =>
      basic === null && !form.has('client_secret') && form.get('client_id') === 'confidential',
  ],
  ['an empty secret', ({ basic }) => basic === 'confidential:'],
  ['another secret', ({ basic }) => /^confidential:secre./.test(basic ?? '')],
  [
    'another secret, where it is not registered to stand',
    ({ basic, form }) => basic === null && /^secre./.test(form.get('client_secret') ?? ''),
  ],
  ['the secret of another client', ({ basic }) => basic === 'confidential:other-secret'],
  ['its secret in the query', ({ query }) => query.get('client_secret') === 'secret'],
  [
    'itself by Basic, another in the form',
    ({ basic, form }) => basic === 'other:other-secret' && form.get('client_id') === 'confidential',
  ],
])('a client that is known by %s is found', async (name, isWrong) => {
  expect((await judged((asked) => isRight(asked) || isWrong(asked))).found).toEqual([name])
})

test('without another client, what takes one is not applicable', async () => {
  expect((await judged(isRight, 0)).not).toEqual([
    'the secret of another client',
    'itself by Basic, another in the form',
  ])
})
