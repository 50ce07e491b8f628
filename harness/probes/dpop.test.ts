import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { asksForNonce, newProofKey, nonceIn, proofOf } from './dpop.ts'

test('a proof is one by RFC 9449, as jose reads it', async () => {
  const key = newProofKey()
  const proof = proofOf(key, {
    htm: 'POST',
    htu: 'https://api.test/token',
    token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  })
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })
  expect(payload).toMatchObject({
    htm: 'POST',
    htu: 'https://api.test/token',
    ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
  })
  expect(payload.jti).toMatch(/^[\w-]{36}$/)
  expect(await calculateJwkThumbprint(protectedHeader.jwk ?? {})).toBe(
    await calculateJwkThumbprint(key.jwk as object),
  )
  expect(protectedHeader.jwk).not.toHaveProperty('d')
})

test('what a proof says can be anything, and its signature none', async () => {
  const proof = proofOf(newProofKey(), {
    htm: 'GET',
    htu: 'x',
    iat: 1,
    jti: 'j',
    header: { alg: 'none' },
    signing: { kind: 'none' },
  })
  const [header = '', payload = '', signature] = proof.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect([read(header).alg, read(payload), signature]).toEqual([
    'none',
    { htm: 'GET', htu: 'x', iat: 1, jti: 'j' },
    '',
  ])
})

test('a proof bears the nonce that it is to bear', async () => {
  const proof = proofOf(newProofKey(), { htm: 'GET', htu: 'https://api.test/me', nonce: 'n1' })
  expect((await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })).payload['nonce']).toBe('n1')
})

test.each([
  ['the body of a token endpoint', [['dpop-nonce', 'n1']], '{"error":"use_dpop_nonce"}', true],
  [
    'the challenge of an API',
    [
      ['www-authenticate', 'DPoP error="use_dpop_nonce", error_description="none"'],
      ['dpop-nonce', 'n1'],
    ],
    '',
    true,
  ],
  ['a nonce for the next proof alone', [['dpop-nonce', 'n1']], '{"error":"invalid_token"}', false],
  ['no nonce beside it', [], '{"error":"use_dpop_nonce"}', false],
] as const)('a nonce is asked for, or is not: %s', (_, headers, body, isAsked) => {
  const response = { headers, body }
  expect([asksForNonce(response), nonceIn(response)]).toEqual([
    isAsked,
    headers.length > 0 ? 'n1' : undefined,
  ])
})
