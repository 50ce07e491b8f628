import { expect, test } from 'vitest'
import { forgedMembers, isSame, spelledOtherwise } from './forged-members.ts'

const known = { sent: new Set(['name']), writable: null, choices: new Map(), others: {} }
const time = '2026-11-27T01:00:00.000Z'

test('what reading shows and writing does not name gets a value of its kind that is another', () => {
  const shown = {
    id: 'c_1',
    name: 'A',
    verified: false,
    created_at: time,
    revoked_at: null,
    note: null,
    count: 2,
    seen: 1_764_205_200,
    prefix: 'rk_0f9z',
    policy: 'verify',
    attributes: {},
    tags: [],
    language: 'en',
  }
  const choices = new Map([['policy', ['verify', 'none']]])
  const writable = new Set(['name', 'language'])
  const old = '2001-02-03T04:05:06.000Z'
  expect(forgedMembers(shown, { ...known, writable, choices })).toEqual([
    { name: 'verified', shown: 'verified', value: true, severity: 'medium' },
    { name: 'created_at', shown: 'created_at', value: old, severity: 'low' },
    { name: 'revoked_at', shown: 'revoked_at', value: old, severity: 'low' },
    { name: 'count', shown: 'count', value: 1002, severity: 'low' },
    { name: 'seen', shown: 'seen', value: 981_173_106, severity: 'low' },
    { name: 'prefix', shown: 'prefix', value: 'sl_1a0g', severity: 'low' },
    { name: 'policy', shown: 'policy', value: 'none', severity: 'low' },
  ])
})

test('without a document, only what no call sets by right is tried', () => {
  const shown = {
    status: 'new',
    role: 'viewer',
    verified: false,
    created_at: time,
    is_admin: false,
    tenant_id: 'a',
  }
  expect(forgedMembers(shown, { ...known, others: { tenant_id: 'b' } })).toEqual([
    { name: 'is_admin', shown: 'is_admin', value: true, severity: 'medium' },
    { name: 'tenant_id', shown: 'tenant_id', value: 'b', severity: 'medium' },
  ])
})

test('what is of the caller’s own tenant is no other value', () => {
  expect(forgedMembers({ tenant: 'a' }, { ...known, others: { tenant: 'a' } })).toEqual([])
})

test('each is written in the other case, but where the call takes that by right', () => {
  const shown = ['created_at', 'isAdmin', 'verified', 'tenant_id', 'sha256_sum', 'dailyLimit']
  const forged = shown.map((name) => ({ name, shown: name, value: 1, severity: 'low' as const }))
  const names = (writable: ReadonlySet<string> | null, sent: string[] = []) =>
    spelledOtherwise(forged, { writable, sent: new Set(sent) }).map(({ name, shown: of }) => `${of}: ${name}`)
  const all = ['created_at: createdAt', 'isAdmin: is_admin', 'tenant_id: tenantId', 'sha256_sum: sha256Sum']
  expect(names(null)).toEqual([...all, 'dailyLimit: daily_limit'])
  expect(names(new Set(['daily_limit']))).toEqual(all)
  expect(names(null, ['daily_limit'])).toEqual(all)
})

test('what the call takes by the other case of its name is not forged', () => {
  const shown = { created_at: time, daily_limit: 1 }
  const writable = new Set(['dailyLimit'])
  expect(forgedMembers(shown, { ...known, writable }).map(({ name }) => name)).toEqual(['created_at'])
  const sent = new Set(['createdAt'])
  expect(forgedMembers(shown, { ...known, writable, sent })).toEqual([])
  const upper = { name: 'IsAdmin', shown: 'IsAdmin', value: true, severity: 'low' as const }
  expect(spelledOtherwise([upper], known).map(({ name }) => name)).toEqual(['is_admin'])
})

test('times and numbers are the same in each of their forms', () => {
  expect(isSame('2001-02-03T04:05:06.000Z', '2001-02-03T04:05:06+00:00')).toBe(true)
  expect(isSame('2001-02-03T04:05:06Z', time)).toBe(false)
  expect(isSame(3, '3')).toBe(true)
  expect(isSame(true, false)).toBe(false)
})
