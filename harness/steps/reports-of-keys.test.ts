import { expect, test, vi } from 'vitest'
import { bearerCredential } from '../api/principals.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { stopsOn } from './key-channels.ts'
import { reportedKey, withOtherEnd } from './reports-of-keys.ts'

interface Key {
  readonly id: string
  readonly prefix: string
  readonly secret: string
  over: boolean
}

interface Reports {
  /** Whether a report that shows this ends the key. */
  ends?(key: Key, shown: string): boolean
  answer?(isKey: boolean): string
  readonly hasEntries?: boolean
  /** Whether a key reads on once it is over. */
  readonly readsOn?: boolean
}

/** What is found in front of a target that takes reports so. */
async function judged({
  ends = ({ secret }, shown) => secret === shown,
  answer = () => 'thank you',
  hasEntries = true,
  readsOn = false,
}: Reports = {}) {
  const keys: Key[] = []
  const entries: object[] = []
  const sent = new Set<string>()
  const delivery = { id: 'd' } as unknown as Delivery
  const { kit, judge } = sampleKit({
    has: (operation) => operation !== 'user.create',
    profile: {
      ...{ principals: { sender: {} }, operations: { 'principal.get': whoami } },
      policies: { keys: { exposure: 0 } },
    },
    call(operation, { secret, to }, as) {
      const shown = keys.find((each) => JSON.stringify(as ?? null).includes(`"${each.secret}"`))
      if (operation === 'key.create') {
        const n = keys.length
        const key = {
          id: `key-number-${n}`,
          prefix: `rk_prefix${n}`,
          secret: `rk_prefix${n}_${n}23456789`,
          over: false,
        }
        keys.push(key)
        return sampleExchange('accepted', { operation, result: key })
      }
      if (operation === 'key.report') {
        for (const key of keys) if (ends(key, String(secret))) key.over = true
        const reported = keys.find((each) => each.secret === secret)
        if (reported !== undefined && hasEntries) entries.unshift({ reported: reported.id })
        return sampleExchange('accepted', { operation, body: answer(reported !== undefined) })
      }
      if (operation === 'audit.list')
        return sampleExchange('accepted', { operation, result: { items: [...entries] } })
      const isOut = shown?.over && !(readsOn && operation === 'principal.get')
      if (shown === undefined || isOut) return sampleExchange('refused', { operation })
      if (operation === 'message.send') sent.add(String(to))
      if (operation === 'principal.get') entries.unshift({ n: entries.length, key: shown.id })
      return sampleExchange('accepted', { operation, result: { id: shown.id } })
    },
    wire: {
      arrival: async () => [delivery],
      deliveries: async ({ to } = {}) => (sent.has(String(to)) ? [delivery] : []),
    },
  })
  Object.assign(kit.api, { credential: async () => bearerCredential('secret-of-sender') })
  const { verdict, findings, variants } = await judge(async () => {
    const { channels, by, other, parts } = await reportedKey(kit)
    expect(by.answer).toBe('accepted')
    if (readsOn)
      await stopsOn(kit, channels, { by, promised: 0, what: 'it was reported', worst: 'high' }, other)
    await kit.verify.each(parts, ({ judge }) => judge())
  })
  const states = Object.fromEntries(variants.map(({ name, state }) => [name, state]))
  return { verdict, states, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

const whoami = {
  ...{ name: 'principal.get', kind: 'principal', effect: 'read', object: null, caller: null, as: 'sender' },
  ...{ path: '/', inputs: new Set(), example: {}, steps: [] },
}

test('reports that end the key which they show, and no other, are sound', async () => {
  expect(await judged()).toEqual({
    ...{ verdict: 'pass', found: [] },
    states: {
      'by its id alone': 'held',
      'by its prefix alone': 'held',
      'by the key with another end': 'held',
      'what is answered': 'held',
      'the audit log': 'held',
      'its maker is told': 'not-applicable',
    },
  })
})

test.each<[string, Reports, string[]]>([
  ['by ids', { ends: ({ id, secret }, shown) => [id, secret].includes(shown) }, ['by its id alone: medium']],
  [
    'by prefixes',
    { ends: ({ prefix }, shown) => shown.startsWith(prefix) },
    ['by its prefix alone: medium', 'by the key with another end: medium'],
  ],
  [
    'with an answer of their own for keys',
    { answer: (isKey) => (isKey ? 'revoked' : 'no key of ours') },
    ['what is answered: low'],
  ],
  ['in no log', { hasEntries: false }, ['the audit log: medium']],
])('reports that are taken %s are found', async (_, reports, found) => {
  expect(await judged(reports)).toMatchObject({ verdict: 'fail', found })
})

test('a key that was reported and reads on is found by that, though nothing is told of reports of less then', async () => {
  // It is watched for no longer than it takes to see it once.
  vi.spyOn(Date, 'now').mockImplementation(() => performance.now() * 1e6)
  const { verdict, found, states } = await judged({ readsOn: true }).finally(() => vi.restoreAllMocks())
  expect([verdict, found]).toEqual(['fail', ['HTTP, reading: high']])
  expect(states).toMatchObject({ HTTP: 'held', 'by its id alone': 'unjudged' })
})

test('where a report of the key itself does nothing, nothing is told of those of less', async () => {
  const { states } = await judged({ ends: () => false })
  expect(states).toMatchObject({ 'by its id alone': 'unjudged', 'by its prefix alone': 'unjudged' })
})

test('the end of a key is another one, whatever it was', () => {
  expect(withOtherEnd('rk_0123456789')).toBe('rk_0198765432')
  expect(withOtherEnd('rk_aaaaaaaa')).toBe('rk_00000000')
  expect(withOtherEnd('rk_00000000')).toBe('rk_11111111')
})
