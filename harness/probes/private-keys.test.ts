import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { privateKeyIn } from './private-keys.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
const { privateKey: ed25519 } = generateKeyPairSync('ed25519')
const said = (value: unknown) =>
  privateKeyIn({ body: JSON.stringify({ data: [{ key: value }] }) })?.form ?? null

test.each([
  ['PKCS #8 as PEM', privateKey.export({ type: 'pkcs8', format: 'pem' }), 'PEM'],
  ['PKCS #1 as PEM', privateKey.export({ type: 'pkcs1', format: 'pem' }), 'PEM'],
  ['PKCS #8', privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'), 'DER in base64'],
  ['PKCS #1', privateKey.export({ type: 'pkcs1', format: 'der' }).toString('base64'), 'DER in base64'],
  ['Ed25519', ed25519.export({ type: 'pkcs8', format: 'der' }).toString('base64'), 'DER in base64'],
  ['a JWK', privateKey.export({ format: 'jwk' }), 'a JWK'],
  ['its public key as PEM', publicKey.export({ type: 'spki', format: 'pem' }), null],
  ['its public key', publicKey.export({ type: 'spki', format: 'der' }).toString('base64'), null],
  ['its public key as JWK', publicKey.export({ format: 'jwk' }), null],
  ['a long id', 'a'.repeat(64), null],
])('%s', (_, value, expected) => {
  expect(said(value)).toBe(expected)
})

test('what is no JSON holds none', () => {
  expect(privateKeyIn({ body: '<html>' })).toBeNull()
  expect(privateKeyIn(null)).toBeNull()
})
