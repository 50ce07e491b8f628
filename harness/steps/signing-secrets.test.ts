import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { withApi } from '../api/recording-target.testing.ts'
import { decodeJwt, forgeJwt, hmac } from '../probes/jwt.ts'
import { mostUsual } from '../probes/usual-secrets.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { knownOf, secretsToSignBy } from './signing-secrets.ts'

const token = {
  header: { alg: 'HS256', kid: 'key-of-2026' },
  payload: { iss: 'https://login.shop.test/', sub: 'usr_1', roles: ['boss'], iat: 1 },
  parts: ['', '', ''] as const,
}

const profile = (openapi: string) => `
${openapi}
principals: {admin: {tenant: acme, bearer: "\${env:KEY}"}}
operations:
  principal.get: {method: GET, path: /me}
mail: {from: a@mail.shop.test, domains: [news.shop.test]}
`

const env = { KEY: 'abcdefgh' }

test('hosts, names, claims and every short text of the document are what everybody may know', async () => {
  const document = {
    openapi: '3.1.0',
    info: { title: 'Shop Mail', version: '1' },
    paths: {
      '/a': { get: { responses: { 200: { description: 'ok', example: { key: 'example-of-a-key' } } } } },
    },
  }
  const here = `openapi: '\${env:TARGET_URL}/openapi.json'`
  await withApi({ profile: profile(here), env, answer: () => ({ body: document }) }, async ({ api }) => {
    const { names, texts } = await knownOf({ api, profile: api.profile }, token)
    for (const name of [
      '127.0.0.1',
      'mail.shop.test',
      'news.shop.test',
      'acme',
      'login.shop.test',
      'boss',
      'Shop Mail',
    ])
      expect(names).toContain(name)
    expect(texts).toContain('example-of-a-key')
  })
})

test('without a document there are its names alone', async () => {
  await withApi({ profile: profile(''), env }, async ({ api }) => {
    expect((await knownOf({ api, profile: api.profile }, token)).texts).toEqual([])
  })
})

/** What is judged of a token that is signed so, and by what tokens are forged then. */
async function judged(token: string) {
  let secrets: readonly (string | Uint8Array)[] = []
  const decoded = decodeJwt(token)
  if (decoded === null) throw new Error('expected a token')
  const { findings, verdict } = await judgedOver(
    { profile: profile(''), env, answer: () => ({}) },
    async (kit) => {
      const live = {
        ...decoded,
        token,
        opens: async () => (await kit.api.call('principal.get')).answer === 'accepted',
        refused: async () => {},
      }
      secrets = (await secretsToSignBy(kit, live)).secrets
      if (secrets.length > 0) kit.verify.that(true, { expected: '', actual: '' })
    },
  )
  return { findings: findings.map(({ severity, actual }) => ({ severity, actual })), verdict, secrets }
}

test('what a live token is signed by is found without a request, and by that tokens are forged', async () => {
  const signed = (secret: string) => forgeJwt({ alg: 'HS256' }, { sub: 'ann' }, hmac('HS256', secret))
  const weak = await judged(signed('changeme'))
  expect(weak.secrets).toEqual([Buffer.from('changeme')])
  expect(weak.findings).toMatchObject([{ severity: 'high' }])
  expect(JSON.stringify(weak.findings)).not.toContain('changeme')
  const strong = randomBytes(32).toString('base64url')
  expect(await judged(signed(strong))).toMatchObject({ verdict: 'pass', secrets: [] })
  const byKey = forgeJwt({ alg: 'ES256' }, { sub: 'ann' }, { kind: 'verbatim', signature: 'bm9uZQ' })
  expect((await judged(byKey)).secrets).toEqual(mostUsual)
})
