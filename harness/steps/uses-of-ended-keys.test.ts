import { expect, test } from 'vitest'
import { bearerCredential } from '../api/principals.ts'
import type { Endpoints } from '../check/endpoints.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { usesNoted } from './uses-of-ended-keys.ts'

interface Log {
  /** Whether what is done to keys has entries that name them. */
  readonly hasChanges?: boolean
  readonly hasUses?: boolean
  /** The entry of a key that is shown after its end; `null` for none. */
  entry?(id: string, why: string): object | null
  /** Whether it is told when keys were used last, and is kept up to date. */
  readonly lastUse?: 'kept' | 'stale' | 'none'
}

const whole = (id: string, why: string) => ({ key: id, why, ip: '192.0.2.1', at: '2026-01-01T00:00:00Z' })

/** What is found in front of a target whose log is so. */
async function judged({ hasChanges = false, hasUses = true, entry = whole, lastUse = 'kept' }: Log = {}) {
  const keys = new Map<string, { id: string; over: string | null; used: number | null }>()
  const entries: object[] = []
  let made = 0
  const add = (at: object) => entries.unshift({ n: entries.length, ...at })
  const { kit, judge } = sampleKit({
    has: (operation) => !['user.create', 'key.list'].includes(operation),
    profile: { principals: { sender: {} }, operations: { 'principal.get': whoami } },
    about: { severity: 'medium' },
    call(operation, { id, expiresAt }, as) {
      const secret = [...keys.keys()].find((each) => JSON.stringify(as ?? null).includes(`"${each}"`))
      const [named, key] = [...keys].findLast(([, each]) => each.id === id) ?? []
      if (hasChanges && key !== undefined) add({ done: `${operation} ${key.id}` })
      if (operation === 'key.create') {
        const isOver = expiresAt !== undefined && Date.parse(String(expiresAt)) < Date.now()
        const fresh = { id: `key-number-${++made}`, over: isOver ? 'expired' : null, used: null }
        keys.set(`secret-number-${made}`, fresh)
        return accepted(operation, { id: fresh.id, secret: `secret-number-${made}` })
      }
      if (operation === 'key.revoke' && key !== undefined) key.over = 'revoked'
      if (operation === 'key.rotate' && key !== undefined) {
        keys.set(String(named), { ...key, over: 'rotated' })
        keys.set(`secret-number-${++made}`, key)
        return accepted(operation, { id: key.id, secret: `secret-number-${made}` })
      }
      if (operation === 'key.get') {
        const told = lastUse === 'none' ? {} : { last_used_at: key?.used ?? null }
        return sampleExchange('accepted', { operation, body: JSON.stringify({ id, ...told }) })
      }
      if (operation === 'audit.list') return accepted(operation, { items: [...entries] })
      if (operation !== 'principal.get') return accepted(operation, {})
      const shown = keys.get(secret ?? '')
      if (shown === undefined) return sampleExchange('refused', { operation })
      if (shown.over !== null) {
        const told = entry(shown.id, shown.over)
        if (told !== null) add(told)
        return sampleExchange('refused', { operation })
      }
      if (hasUses) add({ key: shown.id })
      if (lastUse === 'kept') shown.used = 1_767_225_600 + made
      return accepted(operation, { id: shown.id })
    },
  })
  Object.assign(kit.api, { credential: async () => bearerCredential('secret-of-sender') })
  const endpoints = { clock: async () => 0 } as Endpoints
  const { verdict, reason, findings, variants } = await judge(async () =>
    kit.verify.each(await usesNoted({ ...kit, endpoints }), ({ judge }) => judge()),
  )
  return {
    ...{ verdict, reason },
    found: findings.map(({ variant, severity }) => `${variant}: ${severity}`),
    states: Object.fromEntries(variants.map(({ name, state }) => [name, state])),
  }
}

const accepted = (operation: string, result: object) => sampleExchange('accepted', { operation, result })
const whoami = {
  ...{ name: 'principal.get', kind: 'principal', effect: 'read', object: null, caller: null, as: 'sender' },
  ...{ path: '/', inputs: new Set(), example: {}, steps: [] },
}

test('keys that are shown after their end, and have entries that say it, are sound', async () => {
  const { verdict, states } = await judged()
  expect(verdict).toBe('pass')
  expect(states).toEqual({
    'a revoked key, HTTP': 'held',
    'the secret from before a rotation, HTTP': 'held',
    'a key after its end, HTTP': 'held',
    'the last use of a new secret, HTTP': 'held',
    'its maker is told': 'not-applicable',
  })
})

test('what was done to a key is no entry of its use, and neither is that of another', async () => {
  const all = ['a key after its end, HTTP', 'a revoked key, HTTP', 'the secret from before a rotation, HTTP']
  const silent = await judged({ hasChanges: true, entry: () => null })
  expect(silent.found.sort()).toEqual(all.map((name) => `${name}: medium`))
  const nameless = await judged({ entry: () => ({ key: null, status: 401, at: '2026-01-01T00:00:00Z' }) })
  expect(nameless.found.sort()).toEqual(all.map((name) => `${name}: medium`))
  const rotated = await judged({ entry: (id, why) => (why === 'rotated' ? null : whole(id, why)) })
  expect(rotated.found).toEqual(['the secret from before a rotation, HTTP: medium'])
})

test('an entry that says no reason weighs less', async () => {
  const { found } = await judged({ entry: (id, why) => ({ ...whole(id, why), why: null }) })
  expect(found).toHaveLength(3)
  expect(found[0]).toBe('a revoked key, HTTP: low')
})

test('a last use that stays as it was is found, and where nothing tells of it none is', async () => {
  expect((await judged({ lastUse: 'stale' })).found).toEqual(['the last use of a new secret, HTTP: low'])
  expect((await judged({ lastUse: 'none' })).states).toMatchObject({
    'the last use of a new secret, HTTP': 'not-applicable',
  })
})

test('a log that shows no use of keys at all proves nothing', async () => {
  const { verdict, reason, states } = await judged({ hasUses: false })
  expect([verdict, states['a revoked key, HTTP']]).toEqual(['unproven', 'unjudged'])
  expect(reason).toContain('audit.list shows nothing of a key that was just made and used')
})
