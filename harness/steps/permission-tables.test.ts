import { expect, test } from 'vitest'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { keyHolders } from './key-holders.ts'
import { tableOfRoles, tableOfScopes } from './permission-tables.ts'

const operation = (name: string, more: object = {}) => ({
  ...{ name, kind: name.split('.')[0], effect: 'change', as: null, object: 'id', sends: false, steps: [] },
  ...{ documented: null, inputs: {}, ...more },
})

const profile = {
  principals: {
    admin: { tenant: 'acme' },
    writer: { tenant: 'acme', scopes: ['write'] },
    support: { tenant: 'acme', role: 'Support' },
    anonymous: { none: true },
  },
  operations: Object.fromEntries(
    [
      operation('template.update'),
      operation('template.delete'),
      operation('template.create'),
      operation('key.revoke'),
      operation('invoice.pay', { documented: 'paths' }),
      operation('session.create', { as: 'anonymous' }),
    ].map((each) => [each.name, each]),
  ),
  roles: { Admin: '*', Support: ['template.create', 'template.update'] },
  scopes: { write: ['template.create', 'template.update'], keys: ['key.revoke'] },
  ownOnly: { roles: { Support: ['template.update'] }, scopes: { write: ['template.update'] } },
}

// Nothing can be tried here: what no table names is said by none.
const { kit } = sampleKit({ profile, has: () => false })
const said = (cells: readonly { operation: string; permission: string }[]) =>
  Object.fromEntries(cells.map(({ operation, permission }) => [operation, permission]))

test('scopes allow what they name, half of it on own objects alone, deny what others name, and say nothing of the rest', () => {
  expect(said(tableOfScopes(kit, keyHolders(kit)))).toEqual({
    'template.create': 'allowed',
    'template.update': 'own',
    'template.delete': 'unsaid',
    'key.revoke': 'refused',
    'invoice.pay': 'unsaid',
  })
})

test('the same of roles, each caller once', () => {
  const cells = tableOfRoles(kit, [
    { principal: 'support', role: 'Support' },
    { principal: 'support', role: 'Support' },
  ])
  expect(cells).toHaveLength(5)
  expect(said(cells)).toMatchObject({
    'template.create': 'allowed',
    'template.update': 'own',
    'key.revoke': 'unsaid',
  })
  const admin = tableOfRoles(kit, [{ principal: 'admin', role: 'Admin' }])
  expect(new Set(admin.map(({ permission }) => permission))).toEqual(new Set(['allowed']))
})
