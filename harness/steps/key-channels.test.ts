import { expect, test } from 'vitest'
import type { As } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { channelsOpenedBy, openFor, opensToo, stillOpened, weightOf } from './key-channels.ts'

/** An API of so many servers that each remember whether a key is good, of which only the first hears of what is revoked. */
function servers(count: number, { ofEight = 8 } = {}) {
  const remembered = Array.from({ length: count }, () => new Map<string, boolean>())
  const revoked = new Set<string>()
  const accepted = new Set<string>()
  let turns = 0
  let asked = 0
  const { kit, judge } = sampleKit({
    call(_, { to }, as) {
      const { bearer } = as as Exclude<As, string | null> & { bearer: string }
      if (asked++ % 8 >= ofEight) return sampleExchange('limited')
      const keys = remembered[turns++ % count]
      const good = keys?.get(bearer) ?? !revoked.has(bearer)
      keys?.set(bearer, good)
      if (good) accepted.add(String(to))
      return sampleExchange(good ? 'accepted' : 'refused')
    },
    wire: {
      arrival: async ({ to }) => (accepted.has(String(to)) ? [{ id: to } as unknown as Delivery] : []),
      deliveries: async ({ to } = {}) =>
        accepted.has(String(to)) ? [{ id: to } as unknown as Delivery] : [],
    },
  })
  const revoke = (key: string) => {
    revoked.add(key)
    remembered[0]?.delete(key)
  }
  return { kit, judge, revoke }
}

test.each([
  [1, null],
  [2, 'accepted'],
  [4, 'accepted'],
] as const)(
  'of %d servers, of which one hears that a key is revoked, the key opens: %s',
  async (count, open) => {
    const { kit, judge, revoke } = servers(count)
    const judged = await judge(async () => {
      const [http] = await channelsOpenedBy(kit, 'k1')
      revoke('k1')
      expect((await http?.stillOpen())?.answer ?? null).toBe(open)
      expect(await opensToo(kit, 'k2')({ name: 'HTTP' } as Parameters<ReturnType<typeof opensToo>>[0])).toBe(
        true,
      )
      kit.verify.that(true, { expected: '', actual: '' })
    })
    expect(judged).toMatchObject({ verdict: 'pass' })
  },
)

test('tries that a limit refuses say nothing, and the others count', async () => {
  const { kit, judge, revoke } = servers(2, { ofEight: 4 })
  const judged = await judge(async () => {
    const [http] = await channelsOpenedBy(kit, 'k1')
    revoke('k1')
    expect((await http?.stillOpen())?.answer).toBe('accepted')
    kit.verify.that(true, { expected: '', actual: '' })
  })
  expect(judged).toMatchObject({ verdict: 'pass' })
})

/** A clock that goes on by what is waited for, and a channel that closes then, in milliseconds. */
function closing(at: number) {
  let time = 0
  const pause = async (milliseconds: number) => {
    time += milliseconds
  }
  const clock = { now: () => time, pause }
  return { clock, letsIn: async () => time < at }
}

test.each([
  [200, 0],
  [45_200, 45],
  [90_000, null],
])('a key that works on for %d ms is seen to work for %j s', async (at, seconds) => {
  const { clock, ...channel } = closing(at)
  expect(await openFor(channel, 0, 0, clock)).toBe(seconds)
})

test('one server that still lets in, among several that do not, is no end', async () => {
  const { clock } = closing(0)
  const letsIn = async () => clock.now() <= 20_000 && clock.now() % 4000 === 0
  expect(await openFor({ letsIn }, 0, 0, clock)).toBe(20)
})

test.each([
  [2, 0, 'low'],
  [45, 0, 'high'],
  [45, 42, 'low'],
  [null, 0, 'critical'],
] as const)('%j s where %d were promised are %s', (seconds, promised, severity) => {
  expect(weightOf(seconds, promised)).toBe(severity)
})

test('a channel is closed whatever became of it', async () => {
  let closed = 0
  const channel = {
    ...{ name: 'an SMTP session', wasOpen: true, letsIn: async () => false, close: () => void closed++ },
    stillOpen: async () => Promise.reject(new Error('a limit')),
  }
  await expect(stillOpened(channel, 0)).rejects.toThrow('a limit')
  expect(closed).toBe(1)
})
