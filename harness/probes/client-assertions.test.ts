import { generateKeyPairSync } from 'node:crypto'
import { createLocalJWKSet, exportJWK, importPKCS8, importSPKI, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { type ClientKey, clientAssertion, otherSignings, usualAlgorithm } from './client-assertions.ts'
import { decodeJwt } from './jwt.ts'

const kinds = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const

function keyOf(alg: keyof typeof kinds) {
  const { privateKey, publicKey } = kinds[alg]()
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const key: ClientKey = { pem, alg: usualAlgorithm(pem), kid: 'k1', audience: 'https://auth.test' }
  return { key, spki }
}

test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  'an assertion by a key for %s is one that a library takes, and no other is',
  async (alg) => {
    const { key, spki } = keyOf(alg)
    expect(key.alg).toBe(alg)
    const own = await exportJWK(await importSPKI(spki, alg))
    const keys = createLocalJWKSet({ keys: [{ ...own, kid: 'k1', alg }] })
    const expected = { issuer: 'shop', subject: 'shop', audience: 'https://auth.test', maxTokenAge: 60 }
    const { payload, protectedHeader } = await jwtVerify(clientAssertion('shop', key), keys, expected)
    expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: 'k1' })
    expect(payload.jti).not.toBe(decodeJwt(clientAssertion('shop', key))?.payload['jti'])
    for (const signing of Object.values(otherSignings(key)))
      await expect(jwtVerify(clientAssertion('shop', key, { signing }), keys, expected)).rejects.toThrow()
    const claims = { aud: 'https://other.test' }
    await expect(jwtVerify(clientAssertion('shop', key, { claims }), keys, expected)).rejects.toThrow(/aud/)
  },
)

test('a public key is the secret of an HMAC, and another key is one of its kind', async () => {
  const { key, spki } = keyOf('ES384')
  const { byAnother, byItsPublicKey } = otherSignings(key)
  const signed = clientAssertion('shop', key, { signing: byItsPublicKey })
  await expect(jwtVerify(signed, new TextEncoder().encode(spki))).resolves.toMatchObject({
    protectedHeader: { alg: 'HS256' },
  })
  expect(usualAlgorithm(byAnother.by.pem)).toBe('ES384')
  expect(byAnother.by.pem).not.toBe(key.pem)
  expect(await importPKCS8(byAnother.by.pem, 'ES384')).toBeDefined()
})

test.each([
  'no key',
  generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
])('what signs nothing is told', (pem) => {
  expect(() => usualAlgorithm(pem)).toThrow()
})
