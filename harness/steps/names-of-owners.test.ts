import { expect, test } from 'vitest'
import { withApi } from '../api/recording-target.testing.ts'
import { namesOf, sayingWhose } from './names-of-owners.ts'

const profile = (operations = '') => `
principals:
  admin: {tenant: acme, values: {account: acc-1, user: usr-1}, bearer: "\${env:KEY}"}
  reader: {tenant: acme, bearer: "\${env:KEY}"}
  guest: {bearer: "\${env:KEY}"}
operations: {${operations}}
mail: {from: a@shop.test}
`
const env = { KEY: 'abcdefgh' }
const me = 'principal.get: {method: GET, path: /me, result: {id: body.id, tenant: body.tenant}}'

test('what somebody is called he says himself, else the profile', async () => {
  const answer = () => ({ body: { id: 'usr_2', tenant: 'ten_2' } })
  await withApi({ profile: profile(me), env, answer }, async ({ api }) => {
    expect(await namesOf(api, 'admin')).toEqual({ tenant: 'ten_2', user: 'usr_2' })
  })
  await withApi({ profile: profile(), env }, async ({ api }) => {
    expect(await namesOf(api, 'admin')).toEqual({ tenant: 'acc-1', user: 'usr-1' })
    expect(await namesOf(api, 'reader')).toEqual({ tenant: 'acme', user: null })
    expect(await namesOf(api, 'guest')).toEqual({ tenant: null, user: null })
  })
})

test('words for a tenant and a user say whose something is', () => {
  expect(sayingWhose({ tenant: 'acme', user: 'ann' })).toMatchObject({
    tenant_id: 'acme',
    accountId: 'acme',
    owner_id: 'ann',
  })
  expect(sayingWhose({ tenant: null, user: null })).toEqual({})
})
