import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { madeIn } from '../made-values.ts'
import { quoted } from '../shell.ts'
import { brokenSignatures, decodeJwt, forgeJwt, hmac, hmacKeyForms, notePublished } from './jwt.ts'
import { ownCertificate } from './own-certificate.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const signing = { kind: 'key', pem, alg: 'ES256' } as const

/** As a target gives it out. */
function issued(header: object, payload: object): string {
  const input = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), { key: pem, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const live = issued({ alg: 'ES256', kid: 'k1' }, { sub: 'usr_1', jti: 'a', exp: 4_000_000_000 })
const own = decodeJwt(live)
if (own === null) throw new Error('expected a token')

/** What the line makes of these live values, as sh runs it. */
function remadeBySh(token: string, ...values: string[]): string {
  const [[, made] = []] = madeIn(token)
  if (made === undefined) throw new Error('expected a way to make it')
  const words = (values.length > 0 ? values : made.of).map((text) => quoted([{ text }]))
  const command = made.command(words, (text) => quoted([{ text }]))
  return execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).trim()
}

const { header, payload, parts } = own

test.each([
  ['nobody signed', forgeJwt({ ...header, alg: 'none' }, payload, { kind: 'none' })],
  ['nobody signed, of two parts', forgeJwt({ ...header, alg: 'NONE' }, payload, { kind: 'two-parts' })],
  [
    'a known secret signed',
    forgeJwt({ ...header, alg: 'HS256' }, { ...payload, jti: 'b' }, hmac('HS256', 'secret')),
  ],
  [
    'without a claim',
    forgeJwt(header, { sub: 'usr_1', jti: 'a' }, { kind: 'verbatim', signature: parts[2] }),
  ],
  ...brokenSignatures(own, payload)
    .filter(({ name }) => name !== 'its signature as DER')
    .map(({ name, signature }) => [name, forgeJwt(header, payload, { kind: 'verbatim', signature })]),
])('a token is made again out of a live one: %s', (_, token = '') => {
  expect(remadeBySh(token)).toBe(token)
})

test('of another live token, it is that one that is forged', () => {
  const token = forgeJwt({ ...header, alg: 'none' }, payload, { kind: 'none' })
  const other = issued({ alg: 'ES256', kid: 'k2' }, { sub: 'usr_2', jti: 'c', exp: 4_100_000_000 })
  expect(decodeJwt(remadeBySh(token, other))).toMatchObject({
    header: { alg: 'none', kid: 'k2' },
    payload: { sub: 'usr_2' },
  })
})

test('times are told from now on', () => {
  const now = Math.floor(Date.now() / 1000)
  const token = forgeJwt(header, { ...payload, iat: now - 3600, exp: now - 120 }, signing)
  expect(madeIn(token)[0]?.[1].of).toEqual([live, pem])
  const remade = decodeJwt(remadeBySh(token))
  expect(Math.abs(Number(remade?.payload['exp']) - (Math.floor(Date.now() / 1000) - 120))).toBeLessThan(60)
})

test('a token that brings its own key gets another key, which signs it', () => {
  for (const offered of [{ jwk: {} }, { x5c: ['MIIB'] }]) {
    const token = forgeJwt({ ...header, ...offered }, payload, signing)
    const remade = decodeJwt(remadeBySh(token))
    expect(remade?.header).toMatchObject(
      'jwk' in offered ? { jwk: { crv: 'P-256' } } : { x5c: [expect.any(String)] },
    )
    expect(remade?.parts[2]).toHaveLength(86)
  }
})

test('a key that is published is taken from there', async () => {
  const certificate = await ownCertificate('ES256', pair, { subject: 'CN=issuer' })
  const jwk = {
    ...pair.publicKey.export({ format: 'jwk' }),
    ...{ kid: 'k1', x5c: [certificate.toString('base64')] },
  }
  const server = createServer((_, response) => void response.end(JSON.stringify({ keys: [jwk] })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  notePublished(jwk, `http://127.0.0.1:${address.port}/jwks`)
  for (const { name, key } of hmacKeyForms(jwk)) {
    const token = forgeJwt({ ...header, alg: 'HS256' }, payload, hmac('HS256', key))
    const [[, made] = []] = madeIn(token)
    const command = made?.command([quoted([{ text: live }])], (text) => quoted([{ text }])) ?? ''
    // The server is of this process: who waits for it must not hold it up.
    const { promise, resolve } = Promise.withResolvers<string>()
    const { execFile } = await import('node:child_process')
    execFile('/bin/sh', ['-c', command.replace(' --cacert "$CA"', '')], (_, stdout) => resolve(stdout.trim()))
    expect([name, await promise]).toEqual([name, token])
  }
  server.close()
})

test('what names a place of ours is made by no line, and no live signature stands in one', () => {
  expect(madeIn(forgeJwt({ ...header, jku: 'http://127.0.0.1:1/k' }, payload, signing))).toEqual([])
  expect(madeIn(forgeJwt(header, payload, { kind: 'verbatim', signature: 'x'.repeat(86) }))).toEqual([])
  const [[, made] = []] = madeIn(
    forgeJwt(header, { ...payload, sub: 'x' }, { kind: 'verbatim', signature: parts[2] }),
  )
  expect(made?.command(['"$T"'], String)).not.toContain(parts[2])
})
