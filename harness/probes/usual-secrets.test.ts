import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeJwt, forgeJwt, hmac } from './jwt.ts'
import { hmacAlgorithmOf, mostUsual, usualSecretOf } from './usual-secrets.ts'

const known = { names: ['api.acme.example', 'Acme Mail'], texts: ['s3cr3t-of-the-docs', 'b2YgdGhlIGRvY3M'] }

function tokenBy(key: string | Uint8Array, alg: 'HS256' | 'HS384' | 'HS512' = 'HS256') {
  const token = decodeJwt(forgeJwt({ alg, typ: 'JWT' }, { sub: 'ann' }, hmac(alg, key)))
  if (token === null) throw new Error('expected a token')
  return token
}

test.each([
  ...mostUsual,
  'JWT_SECRET',
  'mySecretKey',
  'ChangeMe123!'.slice(0, 11),
  'super-secret\n',
  'your-512-bit-secret',
  'keyboard cat',
  'acme',
  'acme-secret',
  'ACME_JWT_SECRET',
  'api.acme.example',
  'acme.example-secret',
  's3cr3t-of-the-docs',
  'of the docs',
  Buffer.from('secret', 'base64'),
  Buffer.from('deadbeef', 'hex'),
])('a token that is signed by a usual secret is told by that (%j)', (secret) => {
  expect(usualSecretOf(tokenBy(secret), known).key).toEqual(Buffer.from(secret))
})

test('by whichever hash', () => {
  expect(usualSecretOf(tokenBy('secret', 'HS384'), known).key).toEqual(Buffer.from('secret'))
  expect(usualSecretOf(tokenBy('secret', 'HS512'), known).key).toEqual(Buffer.from('secret'))
})

test('no other token is, and thousands are tried', () => {
  const { key, tried } = usualSecretOf(tokenBy(randomBytes(32)), known)
  expect(key).toBeNull()
  expect(tried).toBeGreaterThan(10_000)
  expect(usualSecretOf(tokenBy(randomBytes(32)), { names: ['x'.repeat(90_000)], texts: [] }).key).toBeNull()
})

test('which tokens are signed by HMAC, their header says', () => {
  expect(hmacAlgorithmOf({ header: { alg: 'HS384' } })).toBe('HS384')
  expect(hmacAlgorithmOf({ header: { alg: 'ES256' } })).toBeNull()
  expect(hmacAlgorithmOf({ header: {} })).toBeNull()
  expect(() => usualSecretOf({ ...tokenBy('a'), header: { alg: 'none' } }, known)).toThrow('signed by HMAC')
})
