import { expect, test } from 'vitest'
import type { Sent } from '../check/post.ts'
import type { Answer, Delivery, Exchange, HttpRequest } from '../model.ts'
import { limitBypasses } from '../probes/limit-bypasses.ts'
import { mulberry32 } from '../probes/statistics.ts'
import type { Posted, Sender } from './bursts.ts'
import { enoughBeside, judgeWay, tryWaysAround } from './ways-around.ts'

const limit = { limit: 10, window: 0.01, principal: 'sender' }
const request: HttpRequest = {
  ...{ method: 'POST', origin: 'https://api.test', path: '/send', headers: [], body: '{}' },
}
const forwarded = ({ headers }: HttpRequest) => headers.find(([name]) => name === 'X-Forwarded-For')?.[1]

/**
 * A target with a limiter on a simulated clock: so many requests a second, and 10 in any second for each budget that `of`
 * names; every burst begins in a fresh second.
 */
function target(perSecond: number, of: (request: HttpRequest) => string, answer: Answer = 'accepted') {
  const counts: number[] = []
  let [now, serial] = [0, 0]
  const taken = new Map<string, number[]>()
  const send = (sent: HttpRequest): Exchange => {
    now += 1 / perSecond
    const times = (taken.get(of(sent)) ?? []).filter((time) => time > now - 1)
    const room = times.length < 10
    taken.set(of(sent), room ? [...times, now] : times)
    return { answer: room ? answer : 'limited', request: sent } as Exchange
  }
  const sender: Sender = {
    prepare: async (count, change = (plain) => plain) =>
      Array.from({ length: count }, (_, n) => ({
        to: `to${serial++}`,
        send: async () => send(change(request, n + 1)),
      })),
    async send(...volleys) {
      counts.push(volleys.flat().length)
      now += 2
      const posted: Posted[] = []
      for (const volley of volleys) {
        posted.length = 0
        for (const one of volley) posted.push({ to: one.to, exchange: await one.send() })
      }
      return { posted, seconds: 0 }
    },
  }
  const ways = limitBypasses.map(({ name, change }) => ({
    name,
    prepare: (count: number) => sender.prepare(count, change),
  }))
  return { sender, counts, ways }
}

/** Whose accepted messages come, or do not. */
const postWhere = (comes: boolean) => ({
  of: (to: string) => ({ arrived: async () => (comes ? ({ id: to } as Delivery) : null) }) as Sent,
})

const options = (sender: Sender, seed = 1) => ({
  sender,
  random: mulberry32(seed),
  post: postWhere(true),
  reach: { patience: 60 },
})

/** The ways of which each thing was seen, over so many runs. */
async function seen(perSecond: number, of: (request: HttpRequest) => string, runs = 20) {
  const all = await Promise.all(
    Array.from({ length: runs }, (_, seed) => {
      const { sender, ways } = target(perSecond, of)
      return tryWaysAround(options(sender, seed), limit, ways)
    }),
  )
  const names = (what: string) =>
    new Set(all.flatMap((tried) => tried.filter((one) => one.seen === what).map(({ name }) => name)))
  return { more: names('more'), unclear: names('unclear'), all }
}

test.each([2000, 200, 60, 30])(
  'at %d a second nothing leads around a limit that counts all alike',
  async (perSecond) => {
    const { more, unclear, all } = await seen(perSecond, () => 'everybody')
    expect([more.size, unclear.size]).toEqual([0, 0])
    for (const tried of all) expect(tried).toHaveLength(limitBypasses.length)
  },
)

test.each([2000, 200, 60, 35])('at %d a second every way around is found, every time', async (perSecond) => {
  const { all } = await seen(perSecond, (sent) => `${forwarded(sent)} ${sent.path}`)
  const expected = limitBypasses
    .filter(({ change }) => {
      const changed = change(request, 7)
      return forwarded(changed) !== undefined || changed.path !== request.path
    })
    .map(({ name }) => name)
  expect(expected.length).toBeGreaterThan(4)
  for (const tried of all)
    expect(tried.filter((one) => one.seen === 'more').map(({ name }) => name)).toEqual(expected)
})

test('a second burst is as large as the plain requests of the first say, and hopeless ones are left out', () => {
  expect(enoughBeside({ passed: 10, of: 20 })).toBe(10)
  expect(enoughBeside({ passed: 15, of: 20 })).toBe(25)
  expect(enoughBeside({ passed: 39, of: 40 })).toBe(273)
})

test('one burst is enough where nothing leads around, and a slow sender sends more of what is unclear', async () => {
  const quick = target(2000, () => 'everybody')
  await tryWaysAround(options(quick.sender), limit, quick.ways)
  expect(quick.counts).toHaveLength(1)
  const slow = target(15, (sent) => String(forwarded(sent)))
  const tried = await tryWaysAround(options(slow.sender), limit, slow.ways)
  expect(slow.counts.length).toBeGreaterThan(1)
  expect(tried.filter((one) => one.seen === 'more').map(({ name }) => name)).not.toContain('cookie')
})

test('what is answered and never arrives leads nowhere', async () => {
  const { sender, ways } = target(2000, ({ path }) => path)
  const nothing = { ...options(sender), post: postWhere(false) }
  const tried = await tryWaysAround(nothing, limit, ways)
  expect(tried.filter((one) => one.seen !== 'no more')).toEqual([])
})

test('a window that nobody waits for leaves what is not repeated unclear', async () => {
  const { sender, ways } = target(2000, ({ path }) => path)
  let bursts = 0
  const once: Sender = {
    ...sender,
    async send(...volleys) {
      const { posted, seconds } = await sender.send(...volleys)
      const none = posted.map(({ to }) => ({ to, exchange: { answer: 'limited' } as Exchange }))
      return { posted: bursts++ === 0 ? posted : none, seconds }
    },
  }
  const tried = await tryWaysAround({ ...options(once), reach: { patience: 0 } }, limit, ways)
  expect(tried.filter((one) => one.seen === 'unclear').map(({ name }) => name)).toContain('upper case')
})

test('where no plain request meets the limit, nothing is said of ways around it', async () => {
  const { sender, ways } = target(2000, () => String(Math.random()))
  await expect(tryWaysAround(options(sender), limit, ways)).rejects.toThrow(
    'of 20 plain messages after 12 none was answered by the limit, 20 were accepted; see rate-limit/send-burst',
  )
})

test('a limit that takes more messages than are sent at once is not tried', async () => {
  const { sender, ways, counts } = target(2000, () => 'everybody')
  await expect(tryWaysAround(options(sender), { ...limit, limit: 100_000 }, ways)).rejects.toThrow(
    'a limit of 100000 in 0.01 s is met by 110002 messages at once, and 12000 are the most that are sent so',
  )
  expect(counts).toEqual([])
})

test.each([
  [{ passed: 5, of: 5 }, { passed: 0, of: 20 }, 'more'],
  [{ passed: 5, of: 5 }, { passed: 6, of: 20 }, 'more'],
  [{ passed: 5, of: 5 }, { passed: 9, of: 20 }, 'unclear'],
  [{ passed: 3, of: 5 }, { passed: 9, of: 20 }, 'unclear'],
  [{ passed: 1, of: 5 }, { passed: 2, of: 20 }, 'no more'],
  [{ passed: 0, of: 5 }, { passed: 20, of: 20 }, 'no more'],
] as const)('%o beside plain %o: %s', (way, plain, expected) => {
  expect(judgeWay(way, plain)).toBe(expected)
})
