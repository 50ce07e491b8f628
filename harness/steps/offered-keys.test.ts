import { X509Certificate } from 'node:crypto'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { decodeJwt, forgeJwt } from '../probes/jwt.ts'
import { offeredKeys, unknownKey } from './offered-keys.ts'

const live = decodeJwt(
  forgeJwt(
    { alg: 'ES256', typ: 'at+jwt', kid: 'live' },
    { sub: 'ann', iss: 'https://api.shop.test:8443' },
    { kind: 'verbatim', signature: 'AAAA' },
  ),
)

test('each token verifies by the key that it brings, or that stands where it says', async () => {
  if (live === null) throw new Error('expected a token')
  const served = new Map<string, { keys: [Record<string, unknown>] }>()
  const callback = {
    url: (path: string, scheme = 'http') => `${scheme}://127.0.0.1:9${path}`,
    serve: async (path: string, value: unknown) => void served.set(path, value as never),
    hits: async (path: string) => [{ method: 'GET', path }] as never,
  }
  let canaries = 0
  const mailbox = { canary: () => `canary-${canaries++}` }
  const offers = await offeredKeys(live, { callback, mailbox } as never)
  expect(offers).toHaveLength(18)
  for (const { name, token, asked } of offers) {
    const forged = token({ ...live.payload, sub: 'bob' })
    const { jwk, x5c, jku, x5u, alg = '', kid } = decodeProtectedHeader(forged)
    const place = jku ?? x5u
    const path = place === undefined ? null : new URL(place).pathname
    const key =
      x5c?.[0] === undefined
        ? await importJWK((jwk ?? served.get(path ?? '')?.keys[0]) as never, alg)
        : new X509Certificate(Buffer.from(x5c[0], 'base64')).publicKey
    expect((await jwtVerify(forged, key)).payload.sub, name).toBe('bob')
    expect(kid).toBe(name.includes('own id') ? 'own' : 'live')
    expect(await asked?.()).toEqual(path === null ? undefined : [`GET ${path}`])
    if (place === undefined) continue
    expect(new URL(place).host).toBe('127.0.0.1:9')
    expect(new URL(place).protocol).toBe(name.endsWith(', by TLS') ? 'https:' : 'http:')
  }
  const { jwk, x5c, jku, x5u } = decodeProtectedHeader(await unknownKey(live))
  expect([jwk, x5c, jku, x5u]).toEqual([undefined, undefined, undefined, undefined])
})
