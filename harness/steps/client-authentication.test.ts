import { createHmac, generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeJwt } from '../probes/jwt.ts'
import { authorizationServer } from './authorization-server.ts'
import { wrongAssertions, wrongSecrets } from './client-authentication.ts'
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
  const { verdict, reason, findings, variants } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client, ...more] = server.clientsFor('authorization_code').filter(({ secret }) => secret !== null)
    if (client === undefined) throw new Error('a client is in the scene')
    await server.tokensFor(client)
    await kit.verify.each(wrongSecrets(kit, server, client, more), ({ judge }) => judge(), 'one by one')
  })
  const not = variants.filter(({ state }) => state === 'not-applicable').map(({ name }) => name)
  const held = variants.filter(({ state }) => state === 'held').map(({ name }) => name)
  return { verdict, reason, held, found: findings.map(({ variant }) => variant), not }
}

const isRight = ({ basic, form }: Asked) => basic === 'confidential:secret' && !form.has('client_id')

test('a server that takes the secret of its client alone is sound', async () => {
  expect(await judged(isRight)).toMatchObject({ verdict: 'pass', found: [], not: [] })
})

test('of a client that is locked out nothing is said but what was given before', async () => {
  const locksOutAfter = (most: number, isWrong: (asked: Asked) => boolean) => {
    let failed = 0
    return judged((asked) => {
      const isKnown = failed < most && (isRight(asked) || isWrong(asked))
      if (!isKnown) failed++
      return isKnown
    })
  }
  const sound = await locksOutAfter(3, () => false)
  expect(sound).toMatchObject({ verdict: 'unproven', held: [], found: [] })
  expect(sound.reason).toMatch(/for no tokens: 401.*whether the server locks a client out/)
  const faulty = await locksOutAfter(3, ({ basic, form }) => basic === null && !form.has('client_secret'))
  expect(faulty.found).toEqual(['no secret'])
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

interface Signed {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly isByItsKey: boolean
  readonly isByHmac: boolean
  readonly isUsed: boolean
}

/** What is said of a server that knows a client by what it signs; `null` is shown where nothing is signed. */
async function judgedOfAssertions(
  knows: (signed: Signed | null, form: URLSearchParams) => boolean,
  signingKey = ownKey.pem,
) {
  const seen = new Set<unknown>()
  const read = (assertion: string): Signed => {
    const decoded = decodeJwt(assertion)
    if (decoded === null) throw new Error('expected a JWT')
    const { header, payload: claims, parts } = decoded
    const [input, signature] = [parts.slice(0, 2).join('.'), parts[2]]
    const isUsed = seen.has(claims['jti'])
    seen.add(claims['jti'])
    const bytes = Buffer.from(signature, 'base64url')
    const key = { key: ownKey.publicPem, dsaEncoding: 'ieee-p1363' } as const
    const isByItsKey = bytes.length === 64 && verify('sha256', Buffer.from(input), key, bytes)
    const own = createHmac('sha256', ownKey.publicPem).update(input).digest('base64url')
    return { header, claims, isByItsKey, isByHmac: signature === own, isUsed }
  }
  const { judge, kit } = oauthScene({
    instead({ path }, form) {
      if (path !== '/token') return undefined
      const assertion = form.get('client_assertion')
      const isKnown = knows(assertion === null ? null : read(assertion), form)
      return isKnown ? undefined : { status: 401, body: '{"error":"invalid_client"}' }
    },
    exchanges: () => true,
  })
  Object.assign(kit.profile.oauth ?? {}, {
    clients: { signed: { id: 'signed', signingKey, redirectUri: 'https://app.test/callback' } },
  })
  const { verdict, findings, reason, variants } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    await kit.verify.each(wrongAssertions(kit, server), ({ judge }) => judge(), 'one by one')
  })
  const held = variants.filter(({ state }) => state === 'held').map(({ name }) => name)
  return { verdict, reason, held, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ownKey = {
  pem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
}
const isForIt = ({ claims }: Signed) => claims['aud'] === 'https://auth.test'
const isNow = ({ claims }: Signed) => Number(claims['exp']) > Date.now() / 1000
const isGood = (signed: Signed | null) =>
  signed?.isByItsKey === true && isForIt(signed) && isNow(signed) && !signed.isUsed

test('a server that takes what its client signs, for it, now and once, is sound', async () => {
  expect(await judgedOfAssertions(isGood)).toMatchObject({ verdict: 'pass', reason: null, found: [] })
})

test('a server that spoils a code by whoever passes for its client is judged by others', async () => {
  const spoilt = new Set<string | null>()
  const { verdict, held } = await judgedOfAssertions((signed, form) => {
    const code = form.get('code')
    if (isGood(signed) && !spoilt.has(code)) return true
    spoilt.add(code)
    return false
  })
  expect([verdict, held.length]).toEqual(['pass', 7])
})

test('of a client that is never known nothing is said, and why', async () => {
  const { verdict, held, reason } = await judgedOfAssertions(() => false)
  expect([verdict, held]).toEqual(['unproven', []])
  expect(reason).toMatch(/for no tokens: 401.*its signingKey, algorithm, keyId and audience/)
})

test.each<[string, (signed: Signed | null) => boolean]>([
  ['no assertion: critical', (signed) => signed === null],
  ['an unsigned assertion: critical', (signed) => signed?.header['alg'] === 'none'],
  [
    'an assertion by another key: critical',
    (signed) => signed?.header['alg'] === 'ES256' && isForIt(signed) && isNow(signed) && !signed.isUsed,
  ],
  ['an assertion by its public key: critical', (signed) => signed?.isByHmac === true],
  ['an assertion for another server: medium', (signed) => signed?.isByItsKey === true && !isForIt(signed)],
  ['an assertion that is over: medium', (signed) => signed?.isByItsKey === true && !isNow(signed)],
  ['an assertion twice: low', (signed) => signed?.isByItsKey === true && isForIt(signed) && isNow(signed)],
])('a client that is known by %s is found', async (found, isWrong) => {
  expect((await judgedOfAssertions((signed) => isGood(signed) || isWrong(signed))).found).toEqual([found])
})

test('a key that signs nothing is told, and where', async () => {
  const { verdict, reason } = await judgedOfAssertions(isGood, 'no key')
  expect(verdict).toBe('unproven')
  expect(reason).toMatch(/oauth\.clients\.signed\.signingKey of the profile cannot sign/)
})
