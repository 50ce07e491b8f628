import { expect, onTestFinished, test, vi } from 'vitest'
import { bearerCredential } from '../api/principals.ts'
import type { Endpoints } from '../check/endpoints.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { agesOfKeys, clockThere, keyAboutToEnd, neverOpening } from './ends-of-keys.ts'

const day = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * day).toISOString()

interface Asked {
  readonly expiresAt?: string
}

/** What is said of keys by a target that makes them so, and lists them; a promise of thirty days unless there is none. */
async function judgedAges(
  made: (asked: Asked) => { readonly expires_at?: unknown } | 'refused' | 'limited',
  listed: readonly object[] = [],
  { promises = true } = {},
) {
  const keys: object[] = [...listed]
  const { judge } = sampleKit({
    profile: { policies: { keys: promises ? { maximumAge: 30 * 86_400 } : {} } },
    about: { severity: 'high' },
    call(operation, input) {
      if (operation === 'key.list') {
        const [items, next] = input['cursor'] === undefined ? [keys.slice(0, 2), '2'] : [keys.slice(2), null]
        return sampleExchange('accepted', { operation, result: { items, next } })
      }
      const key = made(input as Asked)
      if (typeof key === 'string') return sampleExchange(key, { operation })
      const id = `k${keys.length}`
      keys.push({ id, created_at: ago(0), ...key })
      const exchange = sampleExchange('accepted', {
        operation,
        result: { id, secret: 's' },
        body: JSON.stringify({ key }),
      })
      return { ...exchange, startedAt: Date.now() }
    },
  })
  const { verdict, findings, variants } = await judge((kit) =>
    kit.verify.each(agesOfKeys(kit), ({ judge }) => judge()),
  )
  return {
    verdict,
    found: findings.map(({ variant, actual }) => `${variant}: ${actual.replace(/^.*key /, '')}`),
    reasons: variants.map(({ reason }) => reason),
  }
}

test('keys that never end, or beyond what is promised, are found, and those that get an end are not', async () => {
  const bounded = await judgedAges(() => ({ expires_at: ago(-30) }))
  expect([bounded.verdict, bounded.found]).toEqual(['pass', []])
  const refusing = await judgedAges(({ expiresAt }) =>
    expiresAt === undefined ? { expires_at: ago(-29) } : 'refused',
  )
  expect(refusing.verdict).toBe('pass')
  const endless = await judgedAges(({ expiresAt = null }) => ({ expires_at: expiresAt }))
  expect(endless.found).toEqual([
    'no end: never ends',
    'an end in the year 9999: ends 9999-12-31T23:59:59.000Z',
  ])
})

test('keys that are listed, older than is promised and in use, are found by id and age', async () => {
  const listed = [
    { id: 'young', created_at: ago(20) },
    { id: 'old', created_at: ago(400), expires_at: null, secret: 'never told' },
    { id: 'old-revoked', created_at: ago(400), revoked_at: ago(1) },
    { id: 'old-ended', created_at: ago(400), expires_at: ago(370) },
    { id: 'old-rotated', created_at: ago(400), rotated_at: ago(3) },
  ]
  const { found } = await judgedAges(() => ({ expires_at: ago(-30) }), listed)
  expect(found).toEqual(['the keys that there are: 1 of 8 keys are: old, of 400 days ago'])
})

test('what nothing tells of, or a limit refuses, is not judged, and without a promise none of it is', async () => {
  const silent = await judgedAges(() => ({}))
  expect([silent.verdict, silent.reasons]).toEqual([
    'unproven',
    [
      'nothing tells when a new key ends; map result.expiresAt of key.create or key.get in the profile, or declare key.list',
      'nothing tells when a new key ends; map result.expiresAt of key.create or key.get in the profile, or declare key.list',
      null,
    ],
  ])
  expect((await judgedAges(() => 'limited')).verdict).toBe('unproven')
  const unpromised = await judgedAges(() => ({}), [], { promises: false })
  expect([unpromised.verdict, unpromised.reasons[0]]).toEqual([
    'not-applicable',
    'the profile promises nothing of the age of keys (policies.keys.maximumAge)',
  ])
})

const endpointsOf = (ahead: number | null) => ({ clock: async () => ahead }) as Endpoints

test('ends are said by the clock of the target, and not where nobody knows it', async () => {
  const { kit } = sampleKit()
  const there = await clockThere({ ...kit, endpoints: endpointsOf(-7_200_000) })
  expect(Math.round((Date.parse(there(0)) - Date.now()) / 60_000)).toBe(-120)
  await expect(clockThere({ ...kit, endpoints: endpointsOf(null) })).rejects.toThrow('the API tells no time')
})

/** A target whose keys let in while `isOpen` says so of the end that they were made with, and which takes such ends alone. */
function targetOf(
  isOpen: (end: number) => boolean,
  takes: (life: number) => boolean = () => true,
): { readonly kit: Kit; readonly judge: ReturnType<typeof sampleKit>['judge']; readonly asked: number[] } {
  const ends = new Map<string, number>()
  const asked: number[] = []
  const delivery = { id: 'd' } as unknown as Delivery
  const scene = sampleKit({
    has: (operation) => ['key.create', 'message.send', 'principal.get'].includes(operation),
    profile: { principals: { sender: {} }, operations: { 'principal.get': whoami } },
    about: { severity: 'high' },
    call(operation, { expiresAt }, as) {
      if (operation !== 'key.create') {
        const [secret] = [...ends.keys()].filter((each) => JSON.stringify(as).includes(`"${each}"`))
        const open = secret !== undefined && isOpen(ends.get(secret) ?? Number.NaN)
        return sampleExchange(open ? 'accepted' : 'refused', { operation, result: { id: 'me' } })
      }
      const life = Date.parse(String(expiresAt)) - Date.now()
      asked.push(Math.round(life / 1000))
      if (!takes(life)) return sampleExchange('invalid', { operation })
      const secret = `secret-${ends.size}`
      ends.set(secret, Date.parse(String(expiresAt)))
      return sampleExchange('accepted', { operation, result: { id: secret, secret } })
    },
    wire: { arrival: async () => [delivery], deliveries: async () => [delivery] },
  })
  Object.assign(scene.kit.api, { credential: async () => bearerCredential('secret-of-sender') })
  return { ...scene, asked }
}

const whoami = {
  ...{ name: 'principal.get', kind: 'principal', effect: 'read', object: null, caller: null, as: 'sender' },
  ...{ path: '/', inputs: new Set(), example: {}, steps: [] },
}
const there = (later: number) => new Date(Date.now() + later).toISOString()

test('a key is made to live for as few seconds as the target takes', async () => {
  const { kit, asked } = targetOf(
    (end) => end > Date.now(),
    (life) => life > 15_000,
  )
  const { at, channels } = await keyAboutToEnd(kit, there)
  expect([asked, channels.map(({ name }) => name)]).toEqual([
    [5, 20],
    ['HTTP', 'HTTP, reading'],
  ])
  expect(at).toBeGreaterThan(Date.now())
})

test('a key that opened so shortly before its end that it may have been over is made anew with a longer life', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { kit, asked } = targetOf((end) => {
    vi.setSystemTime(Date.now() + 1100)
    return end > Date.now()
  })
  await keyAboutToEnd(kit, there)
  expect(asked).toEqual([5, 20])
})

test('what a target that takes no near end is asked leaves it unproven, and so does a key that never opens', async () => {
  const none = targetOf(
    () => true,
    (life) => life > 3_000_000,
  )
  await expect(keyAboutToEnd(none.kit, there)).rejects.toThrow('key.create with an end in 60 s was answered')
  const closed = targetOf(() => false)
  await expect(keyAboutToEnd(closed.kit, there)).rejects.toThrow('message.send was answered 403')
})

test.each<[string, (end: number) => boolean, string[]]>([
  ['sound', (end) => end > Date.now(), []],
  ['without a look at ends', () => true, ['an end in the past, HTTP', 'an end that is no time']],
  ['of no time for no end', (end) => !(end <= Date.now()), ['an end that is no time']],
])('a key that should never open is found where it does: %s', async (_, isOpen, found) => {
  const { judge } = targetOf(isOpen)
  const { verdict, findings } = await judge((kit) =>
    kit.verify.each(neverOpening({ ...kit, endpoints: endpointsOf(0) }, there), ({ judge }) => judge()),
  )
  expect([verdict, findings.map(({ variant }) => variant).sort()]).toEqual([
    found.length > 0 ? 'fail' : 'pass',
    found,
  ])
})

test('a key that should never be made, and is refused, is sound', async () => {
  const { judge } = targetOf(
    () => true,
    (life) => life > 0,
  )
  const { verdict, variants } = await judge((kit) =>
    kit.verify.each(neverOpening({ ...kit, endpoints: endpointsOf(0) }, there), ({ judge }) => judge()),
  )
  expect([verdict, variants.map(({ state }) => state)]).toEqual(['pass', ['held', 'held']])
})
