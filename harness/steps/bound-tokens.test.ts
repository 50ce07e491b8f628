import { createHash, createPublicKey, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { clientForCodes } from './authorization-server.ts'
import { boundToken, misusesOf } from './bound-tokens.ts'
import { oauthScene } from './small-server.testing.ts'

interface Manners {
  /** How it says no. */
  readonly denial?: { readonly status: number }
  /** Proofs bear a nonce, another for each answer. */
  readonly nonces?: boolean
  /** Whoever shows a code without the nonce that is asked for has spent it. */
  readonly spendsCodes?: boolean
  /** The nonce says when a proof was made. */
  readonly looksAtTime?: boolean
  readonly isFor?: (htu: string, url: string) => boolean
  readonly isOnce?: boolean
  /** Whoever shows nothing is let in as well. */
  readonly open?: boolean
}

type Claims = Record<'htm' | 'htu' | 'jti' | 'iat' | 'ath' | 'nonce', unknown>

interface Head {
  readonly typ: string
  readonly alg: string
  readonly jwk: { readonly kty: string; readonly x: string }
}

const token = 'a-bound-token'
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')

/** What a right proof says, and of which key; `null` for a wrong one. */
function read(field: string): { claims: Claims; key: string } | null {
  const [head = '', said = '', signature = ''] = field.split('.')
  const part = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())
  const { typ, alg, jwk } = part(head) as Head
  if (typ !== 'dpop+jwt' || alg !== 'ES256') return null
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${said}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  return isSigned ? { claims: part(said), key: String(jwk.x) } : null
}

async function judged({
  denial = { status: 400 },
  nonces = false,
  spendsCodes = false,
  looksAtTime = true,
  isFor = (htu, url) => htu === url,
  isOnce = true,
  open = false,
}: Manners = {}) {
  let [owner, nonce]: [string | null, string] = [null, 'nonce-0']
  const [used, spent] = [new Set<unknown>(), new Set<unknown>()]
  const fieldOf = ({ headers }: HttpRequest, name: string) => headers.find(([n]) => n === name)?.[1]
  const no = (error: string) => ({ ...denial, body: JSON.stringify({ error }) })
  const wantsNonce = (status: number) => ({
    ...{ status, body: '{"error":"use_dpop_nonce"}' },
    headers: [['dpop-nonce', nonce] as const],
  })
  const scene = oauthScene({
    metadata: { dpop_signing_alg_values_supported: ['ES256'] },
    instead(request, form) {
      const proof = read(fieldOf(request, 'dpop') ?? 'e30.e30.')
      const isBorne = !nonces || proof?.claims.nonce === nonce
      if (request.path === '/token') {
        const code = form.get('code')
        if (spent.has(code)) return { status: 400, body: '{"error":"invalid_grant"}' }
        if (!isBorne && spendsCodes) spent.add(code)
        if (!isBorne) return wantsNonce(400)
        owner = proof?.key ?? null
        const tokens = { access_token: token, token_type: 'DPoP', expires_in: 900 }
        return { body: JSON.stringify(tokens) }
      }
      if (request.path !== '/me') return undefined
      if (open) return { body: '{"id":"u1"}' }
      if (fieldOf(request, 'authorization') !== `DPoP ${token}` || proof === null) return no('invalid')
      const { claims, key } = proof
      const time = Math.abs(Number(claims.iat) - Date.now() / 1000)
      if (!isFor(String(claims.htu), 'https://auth.test/me') || claims.htm !== 'GET' || key !== owner)
        return no('invalid')
      if (claims.ath !== hashOf(token) || (looksAtTime && time > 60)) return no('invalid')
      if (!isBorne) return wantsNonce(401)
      if (isOnce && used.has(claims.jti)) return no('invalid')
      used.add(claims.jti)
      nonce = `nonce-${used.size}`
      return { body: '{"id":"u1"}', headers: nonces ? [['dpop-nonce', nonce]] : [] }
    },
  })
  const me = { name: 'principal.get', method: 'GET', path: '/me', effect: 'read', object: null }
  const described = { ...me, kind: 'principal', inputs: [], example: {}, steps: [], sends: false }
  Object.assign(scene.kit.profile, { operations: { 'principal.get': described } })
  Object.assign(scene.kit.api, {
    prepare: async () => ({
      method: 'GET',
      origin: 'https://auth.test',
      path: '/me',
      headers: [],
      body: null,
    }),
  })
  const { verdict, findings, variants } = await scene.judge(async (kit) => {
    const { server, client } = await clientForCodes(kit)
    const bound = await boundToken(kit, server, client)
    await kit.verify.each(misusesOf(kit, server, client, bound), ({ judge }) => judge(), 'one by one')
  })
  const left = (variants ?? []).filter(({ state }) => state === 'not-applicable').map(({ name }) => name)
  return { verdict, found: findings.map(({ variant }) => variant), left }
}

const refresh = 'a refresh by another key'

test.each<[string, Manners]>([
  ['an error of the client', {}],
  ['an accepted answer that names nobody', { denial: { status: 200 } }],
  ['an error of its own', { denial: { status: 500 } }],
  ['a nonce that it asks for', { nonces: true }],
  ['a nonce that it asks for when the code is spent', { nonces: true, spendsCodes: true }],
])('an API that looks at proofs is sound, though it says no by %s', async (_, manners) => {
  expect(await judged(manners)).toEqual({ verdict: 'pass', found: [], left: [refresh] })
})

test.each<[string, Manners]>([
  ['with a proof for a path above', { isFor: (htu, url) => url.startsWith(htu) }],
  ['with a proof for a path below', { isFor: (htu, url) => htu.startsWith(url) }],
  ['with a proof that was shown before', { isOnce: false }],
])('what an API does not look at is found: %s', async (name, weak) => {
  for (const denial of [{ status: 401 }, { status: 200 }, { status: 500 }])
    expect(await judged({ ...weak, denial })).toMatchObject({ verdict: 'fail', found: [name] })
  // The nonce of a proof that was shown before is no longer the newest.
  const found = weak.isOnce === false ? [] : [name]
  expect(await judged({ ...weak, nonces: true })).toMatchObject({ found })
})

test('the time of a proof is told by iat, or by a nonce', async () => {
  const times = ['with a proof of an hour ago', 'with a proof of the next hour']
  expect(await judged({ looksAtTime: false })).toMatchObject({ found: times })
  expect(await judged({ looksAtTime: false, nonces: true })).toMatchObject({
    ...{ verdict: 'pass', found: [] },
    left: expect.arrayContaining(times),
  })
})

test('a read that lets anybody in tells nothing', async () => {
  expect(await judged({ open: true })).toMatchObject({ verdict: 'unproven', found: [] })
})
