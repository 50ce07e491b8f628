import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bearerCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Exchange } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'
import { repeatedKeys } from './idempotency-keys.ts'

interface Way {
  /** What requests that are one have in common. */
  readonly scope?: (tenant: string, caller: string, operation: string, key: string) => string
  readonly looksAtPayload?: boolean
  readonly takesFirst?: boolean
  readonly keeps?: boolean
  /** What a request that was refused is remembered as. */
  readonly keepsRefusals?: boolean
  /** How a key is refused that another message has used. */
  readonly refusal?: 'invalid' | 'broken' | 'limited'
  readonly takes?: (key: string) => boolean
}

/** What is said of a target that keeps answers so. */
async function judged(way: Way, has: (operation: string, input?: string) => boolean = () => true) {
  const {
    scope = (...all) => all.join(' '),
    looksAtPayload = true,
    takesFirst = true,
    keeps = true,
    keepsRefusals = false,
    refusal = 'invalid',
    takes = () => true,
  } = way
  const kept = new Map<string, { readonly payload: string; readonly id: string }>()
  const mails: string[] = []
  let made = 0
  const answered = (operation: string, id: string): Exchange =>
    sampleExchange('accepted', { operation, body: JSON.stringify({ id }), result: { id, ids: [id] } })
  const scene = sampleKit({
    has,
    about: { severity: 'high' },
    profile: { principals: { neighbour: {} } },
    async call(operation, { idempotencyKey, ...input }, as) {
      if (operation === 'key.create')
        return sampleExchange('accepted', { operation, result: { id: 'k', secret: 's' } })
      const [tenant, caller] =
        as === 'neighbour' ? ['globex', 'admin'] : ['acme', as === undefined ? 'one' : 'other']
      const at = scope(tenant, caller, operation, String(idempotencyKey))
      const payload = JSON.stringify(input)
      const known = kept.get(at)
      if (known !== undefined && looksAtPayload && known.payload !== payload)
        return sampleExchange(refusal, { operation })
      if (!takes(String(idempotencyKey))) return sampleExchange('invalid', { operation })
      if (known !== undefined) return answered(operation, known.id)
      const id = `message-${++made}`
      if (input['to'] === 'nobody') {
        if (keepsRefusals) kept.set(at, { payload, id })
        return sampleExchange('invalid', { operation })
      }
      if (!takesFirst) await nextTurn()
      if (keeps) kept.set(at, { payload, id })
      const messages = (input['messages'] ?? [input]) as { readonly to: string | readonly string[] }[]
      mails.push(...messages.flatMap(({ to }) => to))
      return answered(operation, id)
    },
    wire: {
      deliveries: async ({ to }) =>
        mails.filter((each) => each === to).map((_, at) => ({ id: `${to} ${at}` }) as unknown as Delivery),
      async arrival({ to }, { count = 1 }) {
        const found = mails.filter((each) => each === to)
        if (found.length < count) throw new NotSeen('nothing')
        return found.map((_, at) => ({ id: `${to} ${at}` }) as unknown as Delivery)
      },
    },
  })
  Object.assign(scene.kit.api, { credential: async () => bearerCredential('secret-of-sender') })
  const reach = { together: (_: number, work: () => unknown) => work() } as unknown as Kit['reach']
  const { verdict, findings, variants } = await scene.judge((kit) =>
    kit.verify.each(repeatedKeys({ ...kit, reach }), ({ judge }) => judge()),
  )
  return {
    verdict,
    found: findings.map(({ variant, severity }) => `${variant}: ${severity}`).sort(),
    variants,
  }
}

test('a sound target sends each message once, and keeps those of others apart', async () => {
  const { verdict, found, variants } = await judged({})
  expect([found, verdict]).toEqual([[], 'pass'])
  expect(variants.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    'the same again: held',
    'the same at once: held',
    'another message: held',
    'a message after one that was refused: held',
    'the same under the key in other letters: held',
    'the same under a long key that ends otherwise: held',
    'another key of the tenant: held',
    'another tenant: held',
    'another endpoint, message.batch: held',
    'another endpoint, message.raw: held',
  ])
})

test('keys of the tenant’s own may be of all its callers: whoever is refused is told', async () => {
  const { verdict, found } = await judged({ scope: (tenant, _caller, _operation, key) => `${tenant} ${key}` })
  expect([found, verdict]).toEqual([[], 'pass'])
})

test('an error that nothing comes of is a refusal, and a limit is none', async () => {
  expect(await judged({ refusal: 'broken' })).toMatchObject({ verdict: 'pass', found: [] })
  const scope: Way['scope'] = (_, __, operation, key) => operation + key
  expect((await judged({ refusal: 'broken', scope })).found).toEqual(['another tenant: medium'])
  expect((await judged({ refusal: 'limited' })).verdict).toBe('unproven')
})

test('where keys must be UUIDs, they are', async () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  const { verdict, variants } = await judged({ takes: (key) => uuid.test(key) })
  expect(verdict).toBe('pass')
  expect(variants.filter(({ state }) => state !== 'held').map(({ name }) => name)).toEqual([
    'the same under the key in other letters',
    'the same under a long key that ends otherwise',
  ])
})

test.each<[string, Way, string[]]>([
  [
    'keys of all tenants are one',
    { scope: (_, __, operation, key) => operation + key },
    ['another tenant: medium'],
  ],
  [
    'the key alone counts',
    { scope: (_, __, ___, key) => key, looksAtPayload: false },
    [
      'another endpoint, message.batch: medium',
      'another endpoint, message.raw: medium',
      'another key of the tenant: medium',
      'another message: medium',
      'another tenant: high',
    ],
  ],
  ['the message does not count', { looksAtPayload: false }, ['another message: medium']],
  ['two look before one of them takes it', { takesFirst: false }, ['the same at once: medium']],
  ['nothing is kept', { keeps: false }, ['the same again: medium', 'the same at once: medium']],
  [
    'what was refused is remembered as sent',
    { keepsRefusals: true, looksAtPayload: false },
    ['a message after one that was refused: medium', 'another message: medium'],
  ],
  [
    'capitals do not count',
    { scope: (...all) => all.join(' ').toLowerCase() },
    ['the same under the key in other letters: low'],
  ],
  [
    'the beginning of a key counts',
    { scope: (tenant, caller, operation, key) => `${tenant} ${caller} ${operation} ${key.slice(0, 64)}` },
    ['the same under a long key that ends otherwise: low'],
  ],
])('it is found where %s', async (_, way, expected) => {
  expect((await judged(way)).found).toEqual(expected)
})

test('what the profile does not declare is not tried', async () => {
  const { variants } = await judged({}, (operation, input) =>
    input === 'idempotencyKey' ? operation === 'message.send' : operation !== 'key.create',
  )
  expect(variants.filter(({ name }) => /endpoint|key of/.test(name)).map(({ state }) => state)).toEqual([
    'not-applicable',
  ])
})
