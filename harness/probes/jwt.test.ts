import { generateKeyPairSync, verify as verifyBy } from 'node:crypto'
import { exportJWK, exportPKCS8, generateKeyPair, importJWK, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { unsecuredAlgs } from './corpora.ts'
import {
  badClaims,
  brokenSignatures,
  decodeJwt,
  forgeJwt,
  hmac,
  hmacKeyForms,
  type SigningAlgorithm,
  withBrokenSignature,
} from './jwt.ts'

test('an HMAC token is byte for byte that of RFC 7515 A.1', () => {
  const key = Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url',
  )
  const header = '{"typ":"JWT",\r\n "alg":"HS256"}'
  const payload = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
  expect(forgeJwt(header, payload, hmac('HS256', key))).toBe(
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  )
})

test('an unsecured token is that of RFC 7515 A.5, and each form of its alg is kept', () => {
  const payload = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
  const token = forgeJwt({ alg: 'none' }, payload, { kind: 'none' })
  expect(token).toBe(
    'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.',
  )
  expect(UnsecuredJWT.decode(token, { currentDate: new Date(0) }).payload.iss).toBe('joe')
  for (const { alg } of unsecuredAlgs) {
    const forged = decodeJwt(forgeJwt({ typ: 'JWT', alg }, {}, { kind: 'none' }))
    expect(forged?.header).toEqual(alg === undefined ? { typ: 'JWT' } : { typ: 'JWT', alg })
  }
  expect(forgeJwt({}, {}, { kind: 'two-parts' })).toBe('e30.e30')
})

test.each(['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA'] satisfies SigningAlgorithm[])(
  'a token signed by a key with %s verifies with jose',
  async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    const token = forgeJwt({ alg }, { sub: 'a' }, { kind: 'key', pem: await exportPKCS8(privateKey), alg })
    expect((await jwtVerify(token, publicKey)).payload.sub).toBe('a')
  },
)

test('the forms of a public key are distinct, and a verifier that takes one for a secret accepts the token', async () => {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const { publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig' }
    const forms = hmacKeyForms(jwk)
    expect(new Set(forms.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(forms.length)
    for (const { key } of forms) {
      const token = forgeJwt({ alg: 'HS256' }, { sub: 'a' }, hmac('HS256', key))
      // jose itself: HS256 with these bytes as the secret.
      expect(
        (
          await jwtVerify(
            token,
            await importJWK({ kty: 'oct', k: Buffer.from(key).toString('base64url') }, 'HS256'),
          )
        ).payload.sub,
      ).toBe('a')
    }
  }
})

test('a live token is decoded without being verified, and what is no token is null', async () => {
  const token = await new SignJWT({ tenant: 't' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32))
  const decoded = decodeJwt(token)
  expect(decoded).toMatchObject({ header: { alg: 'HS256' }, payload: { tenant: 't' } })
  expect(decoded?.parts.join('.')).toBe(token)
  for (const text of ['', 'a.b', 'a.b.c', 'bm8.bm8.', 'W10.W10.']) expect(decodeJwt(text)).toBeNull()
})

test('no broken signature verifies, but for one that is right and ill-formed', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const live = forgeJwt({ alg: 'ES256' }, { sub: 'a' }, { kind: 'key', pem, alg: 'ES256' })
  const decoded = decodeJwt(live)
  if (decoded === null) throw new Error('expected a token')
  const verifies = (signature: string, dsaEncoding: 'der' | 'ieee-p1363') => {
    const key = { key: publicKey, dsaEncoding }
    const signed = Buffer.from(live.slice(0, live.lastIndexOf('.')))
    return verifyBy('sha256', signed, key, Buffer.from(signature, 'base64url'))
  }
  const own = brokenSignatures(decoded, decoded.payload)
  expect(own.filter(({ signature }) => verifies(signature, 'ieee-p1363'))).toEqual([])
  expect(own.filter(({ signature }) => verifies(signature, 'der'))).toEqual([
    expect.objectContaining({ name: 'its signature as DER', severity: 'low' }),
  ])
  expect(new Set(own.map(({ signature }) => signature)).size).toBe(own.length)
  const others = brokenSignatures(decoded, { sub: 'b' }).map(({ name }) => name)
  expect(others).toContain('the signature of another token')
})

test('of a token, nothing but its signature is broken, and no decoder reads that as before', () => {
  for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
    const live = forgeJwt({ alg }, { sub: 'a' }, hmac(alg, 'key'))
    const [signed, broken] = [decodeJwt(live), decodeJwt(withBrokenSignature(live) ?? '')]
    expect(broken?.parts.slice(0, 2)).toEqual(signed?.parts.slice(0, 2))
    const [before, after] = [signed, broken].map((token) => Buffer.from(token?.parts[2] ?? '', 'base64url'))
    expect(after).toHaveLength(before?.length ?? 0)
    expect(after?.equals(before ?? Buffer.of())).toBe(false)
  }
  for (const other of ['sk_live_123', 'a.b.c', forgeJwt({ alg: 'none' }, {}, { kind: 'none' })])
    expect(withBrokenSignature(other)).toBeNull()
})

test('a token is wrong in its issuer only where the target’s own has one, and an extension that nobody knows is low', () => {
  const named = (claims: object) => badClaims({ ...claims }, { typ: 'JWT' }, { now: 0, leeway: 0 })
  const ofIssuers = (claims: object) =>
    named(claims).flatMap(({ payload }) => ('iss' in payload ? [payload.iss] : []))
  expect(ofIssuers({ sub: '1' })).toEqual([])
  const changed = ofIssuers({ sub: '1', iss: 'https://own.test' }).filter((iss) => iss !== 'https://own.test')
  expect(changed).toEqual([
    ...['https://issuer.example', 'https://own.test.example'],
    ['https://issuer.example', 'https://own.test'],
  ])
  expect(named({}).filter(({ severity }) => severity === 'low')).toMatchObject([{ header: { crit: ['x'] } }])
})
