import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Api } from '../api/api.ts'
import { field, type Recorded, withApi } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { decodeJwt } from '../probes/jwt.ts'
import type { Profile } from '../profile/profile.ts'
import { identities, liveToken, ownSigning, publishedKeys, refusedBefore } from './tokens.ts'

const jwt = (payload: object) =>
  [{ alg: 'ES256' }, payload, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
const token = jwt({ sub: '42' })

/** The kit in front of an API that looks for its token in one place and at no other; `answers` to whom it lets in, by path. */
async function inFrontOf(
  shown: string,
  reads: string,
  answer: (path: string, isIn: boolean) => { status?: number; body?: unknown },
  use: (kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>) => Promise<void>,
) {
  const profile = `
principals: {admin: {${shown}}}
operations: {${reads}}
mail: {from: a@shop.test}
`
  const isIn = ({ headers, path, body }: Recorded) => {
    const [, basic = ''] = /Basic ([^"]+)/.exec(JSON.stringify(headers)) ?? []
    return JSON.stringify([headers, path, body, Buffer.from(basic, 'base64').toString()]).includes(token)
  }
  await withApi(
    { profile, env: { TOKEN: token }, answer: (request) => answer(request.path, isIn(request)) },
    async ({ api }) => {
      const { mailbox, verify } = sampleKit().kit
      await use({ api, mailbox, verify })
    },
  )
}

const me = `principal.get: {method: GET, path: /me, result: {id: body.id}}`
const others = `contact.list: {method: GET, path: /contacts}, segment.list: {method: GET, path: /segments}`
const knowsMe = (_: string, isIn: boolean) => (isIn ? { body: { id: '42' } } : { status: 401 })

test.each([
  ['a cookie', `headers: {Cookie: 'session=\${env:TOKEN}'}`],
  ['the query', `query: {access_token: '\${env:TOKEN}'}`],
  ['a password', `basic: {username: admin, password: '\${env:TOKEN}'}`],
  ['bodies, or the query of what has none', `body: {access_token: '\${env:TOKEN}'}`],
])('a forged token is shown where the target looks for its own: in %s', async (_, shown) => {
  await inFrontOf(shown, me, knowsMe, async (kit) => {
    const live = await liveToken(kit)
    expect([await live.opens(token), await live.opens('forged')]).toEqual([true, false])
  })
})

test('where no call says who somebody is, any read serves that strangers are refused', async () => {
  const guarded = (path: string, isIn: boolean) => ({ status: isIn || path === '/contacts' ? 200 : 403 })
  await inFrontOf(`bearer: '\${env:TOKEN}'`, others, guarded, async (kit) => {
    const live = await liveToken(kit)
    expect([await live.opens(token), await live.opens('forged')]).toEqual([true, false])
  })
})

test.each([
  ['an error to every forged token', 500, true, 'pass'],
  ['a redirect to every forged token', 302, true, 'pass'],
  ['an error to the live one as well, after a while', 500, false, 'unproven'],
  ['silence', null, true, 'unproven'],
])(
  '%s: it is a denial where it comes again and the live one is let in between',
  async (_, status, live, verdict) => {
    let shown = 0
    const answer = (request: Recorded) => {
      const isIn = JSON.stringify(request.headers).includes(token) && (live || ++shown < 2)
      if (isIn) return { body: { id: '42' } }
      return JSON.stringify(request.headers).includes('forged') && status === null
        ? null
        : { status: status ?? 401 }
    }
    const profile = `
principals: {admin: {bearer: '\${env:TOKEN}'}}
operations: {${me}}
mail: {from: a@shop.test}
`
    await withApi({ profile, env: { TOKEN: token }, answer }, async ({ api }) => {
      const { kit, judge } = sampleKit()
      const judged = await judge(async () => {
        const opened = await liveToken({ api, mailbox: kit.mailbox, verify: kit.verify })
        await opened.refused('forged', 'a refusal')
      })
      expect(judged.verdict).toBe(verdict)
      if (verdict === 'pass')
        expect(judged.reason).toBe(`principal.get was answered ${status}: what is not done should be refused`)
    })
  },
)

test.each([
  ['refused', 'pass'],
  ['let in', 'unproven'],
])('where what nobody’s key has signed is %s, the keys of others are %s', async (answer, verdict) => {
  const { kit, judge } = sampleKit()
  const judged = await judge(async () => {
    await refusedBefore(kit, { opens: async () => answer === 'let in' }, 'forged', 'a random key')
    kit.verify.that(true, { expected: '', actual: '' })
  })
  expect(judged.verdict).toBe(verdict)
})

test('without a neighbour a forged token claims to be who holds the live one', async () => {
  await inFrontOf(`bearer: '\${env:TOKEN}'`, me, knowsMe, async (kit) => {
    const people = await identities(kit, await liveToken(kit))
    expect(people).toEqual([{ whose: 'own identity', payload: { sub: '42' } }])
  })
})

test('a token that claims to be the neighbour is shown in the neighbour’s name, and one of the holder’s in the holder’s', async () => {
  const profile = `
principals:
  admin: {tenant: acme, headers: {Authorization: 'Bearer \${env:TOKEN}', X-Tenant: '\${env:ACME}'}}
  neighbour: {tenant: globex, headers: {Authorization: 'Bearer \${env:OTHER}', X-Tenant: '\${env:GLOBEX}'}}
  sender: {tenant: initech, bearer: '\${env:KEY}'}
operations: {principal.get: {method: GET, path: '/of/{principal.tenant}/me', as: sender, result: {id: body.id}}}
mail: {from: a@shop.test}
`
  const other = jwt({ sub: '43' })
  const forged = jwt({ sub: '43', forged: true })
  const answer = (request: Recorded) => {
    const live = field(request, 'authorization') !== 'Bearer bm90.YQ.dG9rZW4'
    return live ? { body: { id: request.path } } : { status: 401 }
  }
  const env = { TOKEN: token, OTHER: other, KEY: 'sk_1', ACME: 'acme', GLOBEX: 'globex' }
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    const { mailbox, verify } = sampleKit().kit
    const live = await liveToken({ api, mailbox, verify })
    const [mine, theirs] = await identities({ api }, live)
    const shown = async (inNameOf: string | undefined) => {
      // The sample's verify makes findings of a check that nobody judges.
      await live.refused(forged, 'a refusal', { inNameOf }).catch(() => {})
      const last = requests.at(-1)
      return [last?.path, last && field(last, 'x-tenant'), last && field(last, 'authorization')]
    }
    expect(await shown(mine?.inNameOf)).toEqual(['/of/acme/me', 'acme', `Bearer ${forged}`])
    expect(await shown(theirs?.inNameOf)).toEqual(['/of/globex/me', 'globex', `Bearer ${forged}`])
  })
})

test('reads that are open to everybody tell nothing, and a profile without any says so', async () => {
  const open = () => ({ status: 200 })
  await inFrontOf(`bearer: '\${env:TOKEN}'`, others, open, async (kit) => {
    await expect(liveToken(kit)).rejects.toThrow('contact.list lets a made-up secret in; segment.list lets')
  })
  await inFrontOf(`bearer: '\${env:TOKEN}'`, '', open, async (kit) => {
    await expect(liveToken(kit)).rejects.toThrow('profile declares no read that needs no object')
  })
})

test('a token that cannot be shown as the live one is proves nothing by its refusal', async () => {
  const { api, mailbox, verify } = sampleKit().kit
  const headers = [['cookie', Buffer.from(token).toString('base64')]]
  const hidden = {
    ...api,
    credential: async () => ({ kind: 'cookie', token, headers, query: [] }),
  } as unknown as Api
  await expect(liveToken({ api: hidden, mailbox, verify })).rejects.toThrow('no forged one')
})

test('a signing key that cannot sign as the target does is the profile’s fault, and unproven', () => {
  const decoded = decodeJwt(token)
  if (decoded === null) throw new Error('expected a token')
  const signing = (signingKey: string) => ownSigning({ jwt: { signingKey } } as Profile, decoded)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(signing(pem)).toEqual({ kind: 'key', pem, alg: 'ES256' })
  for (const broken of [pem.slice(0, 80), 'hunter2', ''])
    expect(() => signing(broken)).toThrow(
      expect.objectContaining({
        name: 'Unproven',
        message: expect.stringMatching(/^jwt\.signingKey of the profile cannot sign by ES256, .* \(ERR_/),
      }),
    )
})

test('a member of a key set that is no key is left out; a set without any proves nothing', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const good = publicKey.export({ format: 'jwk' })
  const broken = { kty: 'RSA', n: 7, e: null }
  const keysOf = (keys: unknown[]) => {
    const send = async () => ({ response: { body: JSON.stringify({ keys }) } })
    const profile = { target: { url: 'http://127.0.0.1:1' }, jwt: { jwks: '/jwks' } } as Profile
    const { verify } = sampleKit().kit
    return publishedKeys({ api: { send } as unknown as Api, profile, verify })
  }
  expect(await keysOf([broken, good, null])).toEqual([good])
  await expect(keysOf([broken])).rejects.toThrow('/jwks gave no JWK Set with a key that can be read')
})
