import { generateKeyPairSync, verify as verifyBy } from 'node:crypto'
import { exportJWK, exportPKCS8, generateKeyPair, importJWK, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { unsecuredAlgs } from './corpora.ts'
import {
  type BrokenSignature,
  badClaims,
  brokenSignatures,
  decodeJwt,
  forgeJwt,
  hmac,
  hmacKeyForms,
  type SigningAlgorithm,
  withBrokenSignature,
} from './jwt.ts'
import { ownCertificate } from './own-certificate.ts'

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

test('a certificate beside a public key is taken for a secret as well, in whatever form it is kept', async () => {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = await ownCertificate('RS256', keys, { subject: 'CN=issuer' })
  const jwk = keys.publicKey.export({ format: 'jwk' })
  const formsOf = (more: object) =>
    hmacKeyForms({ ...jwk, ...more }).filter(({ name }) => name.includes('certificate'))
  const text = certificate.toString('base64')
  const lines = (text.match(/.{1,64}/g) ?? []).join('\n')
  const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----`
  expect(formsOf({ x5c: [text] }).map(({ key }) => Buffer.from(key))).toEqual([
    ...[`${pem}\n`, pem, text].map((form) => Buffer.from(form)),
    Buffer.from(text, 'base64'),
  ])
  // What is no certificate is no PEM either, and breaks nothing.
  expect(formsOf({ x5c: ['bm8'] }).map(({ name }) => name)).toEqual(['certificate-text', 'der-certificate'])
  for (const x5c of [undefined, [], 'text', [1]]) expect(formsOf({ x5c })).toEqual([])
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
  const verifies = (
    { signature, payload = decoded.payload }: BrokenSignature,
    dsaEncoding: 'der' | 'ieee-p1363',
  ) => {
    const key = { key: publicKey, dsaEncoding }
    const signed = forgeJwt(decoded.header, payload, { kind: 'none' }).slice(0, -1)
    return verifyBy('sha256', Buffer.from(signed), key, Buffer.from(signature, 'base64url'))
  }
  const own = brokenSignatures(decoded, decoded.payload)
  expect(own.filter((broken) => verifies(broken, 'ieee-p1363'))).toEqual([])
  expect(own.filter((broken) => verifies(broken, 'der'))).toEqual([
    expect.objectContaining({ name: 'its signature as DER', severity: 'low' }),
  ])
  expect(new Set(own.map(({ signature }) => signature)).size).toBe(own.length)
  const others = brokenSignatures(decoded, { sub: 'b' }).map(({ name }) => name)
  expect(others).toContain('the signature of another token')
})

test('a token ends later below its own signature, and has an end where it had none', () => {
  const later = (claims: object) => {
    const live = decodeJwt(forgeJwt({ alg: 'HS256' }, claims, hmac('HS256', 'key')))
    if (live === null) throw new Error('expected a token')
    const { payload, signature } =
      brokenSignatures(live, live.payload).find(({ name }) => name === 'its signature under a later end') ??
      {}
    expect(signature).toBe(live.parts[2])
    return payload
  }
  expect(later({ exp: 100, sub: 'a' })).toEqual({ exp: 101, sub: 'a' })
  expect(later({ sub: 'a' })).toEqual({ sub: 'a', exp: expect.any(Number) })
})

test('where nobody says by how many clocks differ, ten minutes after its end a token is high, and two minutes low', () => {
  const ends = (leeway: number | undefined) =>
    badClaims({}, {}, { now: 1000, leeway })
      .filter(({ name }) => name.startsWith('expired'))
      .map(({ payload, severity = 'high' }) => [
        severity,
        'exp' in payload ? 1000 - Number(payload.exp) : null,
      ])
  expect(ends(undefined)).toEqual([
    ['high', 600],
    ['low', 120],
  ])
  expect(ends(0)).toEqual([['high', 60]])
  expect(ends(300)).toEqual([['high', 360]])
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
  const ofAudiences = (claims: object) =>
    named(claims).flatMap(({ payload }) => ('aud' in payload ? [payload.aud] : []))
  expect(ofAudiences({ sub: '1' })).toEqual(['https://service.example'])
  const others = (aud: string | string[]) =>
    ofAudiences({ aud }).filter((other) => JSON.stringify(other) !== JSON.stringify(aud))
  expect(others('own')).toEqual(['https://service.example', 'own.example', 'https://service.example/own'])
  expect(others(['a', 'b']).slice(1)).toEqual([
    ['a.example', 'b.example'],
    ['https://service.example/a', 'https://service.example/b'],
  ])
  expect(named({}).filter(({ severity }) => severity === 'low')).toMatchObject([{ header: { crit: ['x'] } }])
})
