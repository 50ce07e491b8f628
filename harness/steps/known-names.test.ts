import { expect, test } from 'vitest'
import { withApi } from '../api/recording-target.testing.ts'
import { knownOf } from './known-names.ts'

const token = {
  header: { alg: 'HS256', kid: 'key-of-2026' },
  payload: { iss: 'https://login.shop.test/', sub: 'usr_1', roles: ['boss'], iat: 1 },
  parts: ['', '', ''] as const,
}

const profile = (openapi: string) => `
${openapi}
principals: {admin: {tenant: acme, bearer: "\${env:KEY}"}}
operations: {}
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
