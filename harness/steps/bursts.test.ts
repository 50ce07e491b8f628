import { expect, test } from 'vitest'
import { withApi, zone } from '../api/recording-target.testing.ts'
import type { Mailbox } from '../check/mailbox.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Delivery, Exchange } from '../model.ts'
import {
  allowedIn,
  burstOf,
  comeBack,
  createSender,
  firstBurst,
  largerBurst,
  largestBurst,
  latestLimited,
  refusedButSent,
  type Sender,
  sendLimit,
  sendTogether,
  sentOf,
  someAtATime,
  tryLimit,
} from './bursts.ts'

const limit = { limit: 10, window: 1, principal: 'sender' }
const exchange = (answer: Answer, more: Partial<Exchange> = {}) => ({ answer, ...more }) as Exchange

/** Sends so many a second; `passes` says how many of a burst pass, by its seconds and its number. */
function sender(perSecond: number, passes: (seconds: number, burst: number) => number) {
  const counts: number[] = []
  const fake: Sender = {
    prepare: async (count) => Array<never>(count),
    async send(...volleys) {
      const count = volleys.flat().length || (volleys.at(-1)?.length ?? 0)
      const seconds = count / perSecond
      const passed = Math.floor(passes(seconds, counts.length))
      counts.push(count)
      const posted = Array.from({ length: count }, (_, n) => ({
        to: String(n),
        exchange: exchange(n < passed ? 'accepted' : 'limited'),
      }))
      return { posted, seconds }
    },
  }
  return { counts, fake }
}

const earns = (seconds: number) => 10 + 10 * seconds
const options = { most: 88, patience: 60 }

test('what may pass is the promise, a tenth more, what is earned meanwhile, and a window more where a burst is long', () => {
  expect([0, 0.25, 0.49, 0.5, 2].map((seconds) => allowedIn(limit, seconds))).toEqual([11, 14, 16, 26, 41])
  expect(allowedIn({ ...limit, limit: 100, window: 60 }, 6)).toBe(120)
})

test('a burst grows by the pace that was seen, and stays within the budget', () => {
  expect(firstBurst(limit)).toBe(22)
  expect(largerBurst({ sent: 22, seconds: 0.5 }, limit)).toBe(44)
  // At 15 a second two thirds of each are earned meanwhile.
  expect(largerBurst({ sent: 22, seconds: 22 / 15 }, limit)).toBe(83)
  expect(largerBurst({ sent: 22, seconds: 10 }, limit)).toBe(44)
  expect(largestBurst(limit)).toBe(88)
  expect(largestBurst(limit, { mails: 500 })).toBe(50)
  expect(largestBurst(limit, { mails: 500, requests: 100 })).toBe(22)
})

test.each([
  [1000, [22]],
  [30, [22, 44]],
  [15, [22, 83]],
])('a sender of %d a second meets the limit in bursts of %j', async (perSecond, expected) => {
  const { counts, fake } = sender(perSecond, earns)
  expect(await tryLimit(limit, fake, { ...options, patience: 0 })).toMatchObject({ judgement: 'holds' })
  expect(counts).toEqual(expected)
})

test('a sender who is no faster than the limit says so, after the largest burst that there may be', async () => {
  const { counts, fake } = sender(9, earns)
  const { bursts, judgement } = await tryLimit(limit, fake, { most: 50, patience: 0 })
  expect(judgement).toEqual({
    unclear: '50 messages at once took 5.6 s, in which 10 in 1 s allow 77: too slow to meet the limit',
  })
  expect(counts).toEqual([22, 44, 50])
  expect(bursts).toHaveLength(3)
})

const short = { limit: 10, window: 0.01, principal: 'sender' }

test('one burst is enough where the limit holds; where it does not, another one says so again', async () => {
  const sound = sender(1e6, () => 10)
  expect(await tryLimit(short, sound.fake, options)).toMatchObject({ judgement: 'holds' })
  expect(sound.counts).toEqual([22])
  const weak = sender(1e6, () => 22)
  expect(await tryLimit(short, weak.fake, options)).toMatchObject({ judgement: 'broken' })
  expect(weak.counts).toEqual([22, 22])
})

test('a larger burst has a window of its own: what a slow one took of it would look like the limit', async () => {
  // Five messages count as one; the first burst is slow, so that it tells nothing.
  const limit = { limit: 10, window: 0.1, principal: 'sender' }
  let times: number[] = []
  const { fake, counts } = sender(1e6, (seconds) => {
    const now = performance.now()
    times = times.filter((time) => time > now - 100)
    const room = Math.min(10 - times.length, Math.ceil((seconds * 1e6) / 5))
    times.push(...Array<number>(room).fill(now))
    return room * 5
  })
  const slow: Sender = {
    ...fake,
    send: async (...volleys) => ({
      ...(await fake.send(...volleys)),
      seconds: counts.length === 1 ? 0.065 : 0.056,
    }),
  }
  expect(await tryLimit(limit, slow, options)).toMatchObject({ judgement: 'broken' })
})

test('what is answered neither as accepted nor by the limit says nothing of it', async () => {
  const { fake } = sender(1e6, () => 10)
  const failing: Sender = {
    ...fake,
    async send(...volleys) {
      const { posted, seconds } = await fake.send(...volleys)
      const broken = posted.map(({ to, exchange: { answer } }) => ({
        to,
        exchange: exchange(answer === 'limited' ? 'broken' : answer),
      }))
      return { posted: broken, seconds }
    },
  }
  expect((await tryLimit(short, failing, options)).judgement).toEqual({
    unclear: '12 of 22 messages at once were answered neither as accepted nor by the limit',
  })
})

test('a beginning of a fixed window in the midst of a burst is not met again', async () => {
  const { fake, counts } = sender(1e6, (_, burst) => (burst === 0 ? 20 : 10))
  expect(await tryLimit(short, fake, options)).toMatchObject({ judgement: 'holds' })
  expect(counts).toEqual([22, 22])
})

test('a window that nobody waits for: what is not repeated at once is unclear', async () => {
  const day = { limit: 10, window: 86_400, principal: 'sender' }
  const once = sender(1e6, (_, burst) => (burst === 0 ? 15 : 0))
  expect((await tryLimit(day, once.fake, options)).judgement).toEqual({
    unclear: expect.stringMatching(/not again right after it: a window of 86400 s is not waited for$/),
  })
  expect((await tryLimit(day, sender(1e6, () => 22).fake, options)).judgement).toBe('broken')
})

test('messages are made before they are sent together, and the seconds are those of the last volley', async () => {
  const profile = `
principals: {sender: {bearer: '\${env:KEY}'}}
operations: {message.send: {method: POST, path: /send, as: sender, body: '{"to": [to.email]}'}}
mail: {from: news@shop.test}
`
  const taken: string[] = []
  const take = async (kind: string, count: number) => void taken.push(`${count} ${kind}`)
  let serial = 0
  const mailbox = {
    address: () => `a${serial++}@inbox.sound.${zone}`,
    letter: () => ({ subject: 'Hello', text: 'Hello' }),
  } as unknown as Mailbox
  const env = { KEY: 'abcdefgh' }
  await withApi({ profile, env, reach: { take } }, async ({ api, reach, requests }) => {
    const sends = createSender({ api, mailbox, reach }, 'sender')
    const letters = await sends.prepare(5)
    expect({ taken, requests }).toEqual({ taken: ['5 mail'], requests: [] })
    const began = performance.now()
    const { posted, seconds } = await sends.send(letters.slice(0, 3), letters.slice(3))
    expect(seconds * 1000).toBeLessThan(performance.now() - began)
    expect(taken).toEqual(['5 mail', '5 request'])
    expect(posted.map(({ to, exchange }) => [to.slice(0, 2), exchange.answer])).toEqual([
      ['a3', 'accepted'],
      ['a4', 'accepted'],
    ])
    expect(requests.map(({ body }) => body.includes('a3@'))).toContain(true)
    expect(requests).toHaveLength(5)
  })
})

test('the last refusal counts, and what was refused is looked for on the wire', async () => {
  const refused = (startedAt: number) => exchange('limited', { startedAt, milliseconds: 5 })
  const posted = [
    { to: 'a', exchange: exchange('accepted', { startedAt: 9, milliseconds: 9 }) },
    { to: 'b', exchange: refused(3) },
    { to: 'c', exchange: refused(1) },
  ]
  const burst = burstOf(posted, 1, limit)
  expect(burst).toMatchObject({ sent: 3, accepted: 1, refused: ['b', 'c'] })
  expect(burst.sample).toBe(posted[0]?.exchange)
  expect(latestLimited([burstOf(posted.slice(2), 1, limit), burst])).toBe(posted[1]?.exchange)
  expect(latestLimited([burstOf(posted.slice(0, 1), 1, limit)])).toBeNull()
  const wire = { deliveries: async ({ to }: { to?: string }) => (to === 'b' ? [] : [{ id: to } as Delivery]) }
  expect(await refusedButSent(wire, [burst])).toEqual({ count: 1, first: { id: 'c' } })
})

test.each<
  [
    what: string,
    retryAfter: string,
    returns: (readonly [Answer, number])[],
    tries: number,
    isTelling: boolean,
  ]
>([
  ['refused when it said to come back: it was not honest', '0', [['limited', 10]], 1, true],
  ['accepted in the window', '0', [['accepted', 10]], 1, true],
  [
    'accepted too late to tell, and refused the next time',
    '0',
    [
      ['accepted', 60],
      ['limited', 10],
    ],
    2,
    true,
  ],
  [
    'too late each time',
    '0',
    [
      ['accepted', 60],
      ['accepted', 70],
      ['accepted', 60],
    ],
    3,
    false,
  ],
  ['the whole window, as it was told', '1', [['accepted', 1100]], 1, true],
])('coming back: %s', async (_what, seconds, returns, tries, isTelling) => {
  const short = { limit: 1, window: 0.05, principal: 'sender' }
  const response = { status: 429, headers: [['retry-after', seconds]], body: '', truncated: false } as const
  const burst = () => {
    const now = Date.now()
    const refusal = exchange('limited', { startedAt: now, milliseconds: 0, response })
    return [
      { to: 'a', exchange: exchange('accepted', { startedAt: now, milliseconds: 0 }) },
      { to: 'b', exchange: refusal },
    ]
  }
  let [bursts, sent] = [1, 0]
  let began = Date.now()
  const fake: Sender = {
    prepare: async (count) => Array<never>(count),
    async send() {
      bursts++
      began = Date.now()
      return { posted: burst(), seconds: 0 }
    },
  }
  const send = async () => {
    const [answer = 'broken', later = 0] = returns[sent++] ?? []
    return { exchange: exchange(answer, { startedAt: began + later }) }
  }
  const kit = { post: { send }, reach: { patience: 60 } } as unknown as Parameters<typeof comeBack>[0]
  const back = await comeBack(kit, short, fake, [burstOf(burst(), 0, short)])
  expect([back?.isTelling, bursts, sent]).toEqual([isTelling, tries, tries])
})

test('nobody comes back where a refusal says nothing of it, or later than is waited for', async () => {
  const kit = { reach: { patience: 60 } } as Parameters<typeof comeBack>[0]
  const { fake } = sender(1000, () => 1)
  const refused = (headers: [string, string][]) =>
    exchange('limited', {
      ...{ startedAt: 1, milliseconds: 1 },
      response: { status: 429, headers, body: '', truncated: false },
    })
  const back = (headers: [string, string][]) =>
    comeBack(kit, limit, fake, [burstOf([{ to: 'a', exchange: refused(headers) }], 1, limit)])
  expect(await back([])).toBeNull()
  expect(await back([['retry-after', '61']])).toBeNull()
  expect(await comeBack(kit, limit, fake, [])).toBeNull()
})

test('however large the limit, no more are sent at once than memory holds, and what is too large is unproven', () => {
  const of = (limit: number) => largestBurst({ limit, window: 3600, principal: 'sender' })
  expect([1000, 2000, 5000].map(of)).toEqual([8008, 12_000, 12_000])
  expect(() => of(100_000)).toThrow(
    'a limit of 100000 in 3600 s is met by 200002 messages at once, and 12000 are the most that are sent so; lower the limit of sender',
  )
})

test('a bounded number is made at a time, in order', async () => {
  let [now, most] = [0, 0]
  const made = await someAtATime(1050, async (n) => {
    most = Math.max(most, ++now)
    await new Promise(setImmediate)
    now--
    return n
  })
  expect(made).toEqual(Array.from({ length: 1050 }, (_, n) => n))
  expect(most).toBe(100)
})

test('of a long answer a part is kept, in which no half of a secret stands, and when to come back', async () => {
  const secret = 'bearer-secret-123456'
  const response = {
    ...{ status: 429, body: `${'x'.repeat(2990)}${secret}${'y'.repeat(1e6)}`, truncated: false },
    headers: [
      ['x-filler', 'z'.repeat(9000)],
      ['retry-after', '1'],
    ],
  }
  const send = async () => exchange('limited', { response } as unknown as Partial<Exchange>)
  const api = { redact: (text: string) => text.replaceAll(secret, '$S_K') }
  const reach = { together: <T>(_: number, work: () => Promise<T>) => work() }
  const { posted } = await sendTogether({ api, reach }, [[{ to: 'a', send }]])
  expect(posted[0]?.exchange.response).toEqual({
    ...{ status: 429, headers: [['retry-after', '1']], truncated: true },
    body: `${'x'.repeat(2990)}$S_K${'y'.repeat(6)}\n… cut: 999994 more characters`,
  })
})

test('a limit is what the target promises, else what the user demands, and no check invents one', () => {
  const limitOf = (send: object) =>
    sendLimit({ policies: { limits: { send: { principal: 'sender', ...send } } } })
  const demand = { limit: 50, window: 60 }
  expect(limitOf({ demand })).toEqual({ ...demand, principal: 'sender' })
  expect(limitOf({ limit: 9, window: 1, demand })).toEqual({ limit: 9, window: 1, principal: 'sender' })
  expect(() => limitOf({})).toThrow('profile neither promises nor demands a limit of sending')
})

test.each([
  [10, true, 'no more than the limit lets through'],
  [13, false, 'more than that'],
  [22, false, 'all'],
  [0, false, 'nothing, by which no limit is told'],
])(
  'of 22 messages that were accepted %d are sent: whether the others are kept is %s, for it is %s',
  async (sent, isKept) => {
    const taken = Array.from({ length: 22 }, (_, n) => `reader-${n}@r.test`)
    const came = new Set(taken.slice(0, sent))
    const deliveries = async ({ to = '' }) => (came.has(to) ? [{} as Delivery] : [])
    const { kit } = sampleKit({ wire: { deliveries } })
    expect(await sentOf(kit, [{ taken, allowed: 12 }])).toEqual({ count: sent, isKept })
  },
)
