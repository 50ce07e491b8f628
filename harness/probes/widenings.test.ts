import { expect, test } from 'vitest'
import { widenings } from './widenings.ts'

const words = { tenants: ['tenant_id', 'account'], users: ['owner_id'] }

test('parameters name the tenant and the user of another, as words and as conditions', () => {
  const asked = { theirs: { tenant: 'acme', user: 'ann' }, own: { tenant: 'globex' } }
  const all = new Map(widenings(asked, words).map(({ name, parameters }) => [name, parameters]))
  expect(all.get('another tenant')).toEqual([
    ['tenant_id', 'acme'],
    ['account', 'acme'],
  ])
  expect(all.get('another user')).toEqual([['owner_id', 'ann']])
  expect(all.get('the own tenant and another')?.slice(0, 2)).toEqual([
    ['tenant_id', 'globex'],
    ['tenant_id', 'acme'],
  ])
  expect(all.get('a condition on the tenant')).toContainEqual(['filter', '{"tenant_id":"acme"}'])
  expect(all.get('everything')).toContainEqual(['all', 'true'])
})

test('where nobody knows what another is called, what asks for all is left', () => {
  const asked = { theirs: { tenant: null, user: null }, own: { tenant: null } }
  expect(widenings(asked, words).map(({ name }) => name)).toEqual([
    'any tenant',
    'everything',
    'what was deleted',
    'what belongs to it',
  ])
})
