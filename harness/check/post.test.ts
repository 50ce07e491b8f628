import { expect, test } from 'vitest'
import type { Answer, Delivery, Exchange, Session } from '../model.ts'
import { NotSeen, type Wire } from '../sandbox/client.ts'
import { sampleExchange, sampleKit } from './sample-kit.testing.ts'

const delivery = (raw: string, to = 'a@x.test'): Delivery => ({
  id: `delivery of ${raw.length} bytes`,
  ...{
    session: 's',
    personality: 'sound',
    host: null,
    peer: '127.0.0.1',
    helo: 'h',
    tls: null,
    receivedAt: 1,
  },
  envelope: { from: 'shop@own.test', to: [to] },
  raw: Buffer.from(raw),
})

/** A wire on which a message arrives late: after any fence, when somebody waits for it. */
function lateWire(arrives: boolean): Partial<Wire> {
  const came: Delivery[] = []
  return {
    async arrival() {
      if (!arrives) throw new NotSeen('nothing')
      came.push(delivery('Subject: x\r\n\r\n'))
      return came
    },
    deliveries: async () => came,
  }
}

test('an accepted message that a later one overtook is waited for; one that never comes is none', async () => {
  for (const arrives of [true, false]) {
    const { kit } = sampleKit({ wire: lateWire(arrives) })
    const sent = await kit.post.send()
    expect((await sent.arrived()) !== null).toBe(arrives)
  }
})

test('a refusal is believed after the fence, without the promised time', async () => {
  let fences = 0
  const { kit } = sampleKit({
    call: () => sampleExchange('refused'),
    wire: lateWire(true),
    fence: async () => void fences++,
  })
  expect(await (await kit.post.send()).arrived()).toBeNull()
  expect(fences).toBe(1)
})

test.each<[Answer, string]>([
  ['refused', 'not accepted'],
  ['accepted', 'did not arrive within 1 s'],
])('a guard of delivery is unproven where the message was %s and does not come', async (answer, says) => {
  const { judge } = sampleKit({ call: () => sampleExchange(answer) })
  const { verdict, reason } = await judge(async ({ post }) => (await post.send()).delivered())
  expect(verdict).toBe('unproven')
  expect(reason).toContain(says === 'not accepted' ? 'answered 403' : says)
})

test('what the sandbox had no room for is no fault of the path that mail takes', async () => {
  const refused = ['The wire is full: a message was refused', 'another']
  const { verdict, reason } = await sampleKit({ refused }).judge(async ({ post }) =>
    (await post.send()).delivered(),
  )
  expect(verdict).toBe('unproven')
  expect(reason).toMatch(
    /^the sandbox could not keep everything: The wire is full: a message was refused \(and 1 more\); see how large/,
  )
})

test.each([
  ['an error of its own', () => sampleExchange('broken'), 'message.send was answered 500'],
  ['202 and nothing', () => sampleExchange('accepted'), 'an accepted message did not arrive within 1 s'],
])(
  'a relay that did not believe the certificate of the sandbox is named, where the target says %s',
  async (_, call, says) => {
    const left = { personality: 'sound', tlsFailure: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', transcript: [] }
    const asked: object[] = []
    const { reason } = await sampleKit({
      call,
      wire: {
        sessions: async (filter) => {
          asked.push(filter)
          return [left as unknown as Session, { ...left, personality: 'old-tls' } as unknown as Session]
        },
      },
    }).judge(async ({ post }) => (await post.send()).delivered())
    expect(asked).toEqual([{ leftAtTls: true }])
    expect(reason).toMatch(new RegExp(`^${says}.*; the sandbox saw TLS broken off.*UNKNOWN_CA`))
    expect(reason).toMatch(/sandbox\.authority .*sandbox\.ports\.no-starttls/)
  },
)

test('a relay that speaks no version of TLS that the sandbox speaks is not told to trust it', async () => {
  const tlsFailure = 'ERR_SSL_UNSUPPORTED_PROTOCOL: unsupported protocol'
  const left = { personality: 'sound', tlsFailure, transcript: [] } as unknown as Session
  const { reason } = await sampleKit({ wire: { sessions: async () => [left] } }).judge(async ({ post }) =>
    (await post.send()).delivered(),
  )
  expect(reason).toMatch(/UNSUPPORTED_PROTOCOL.*speak TLS 1\.2 or 1\.3/)
  expect(reason).not.toContain('sandbox.authority')
})

test('nothing is said of what did not arrive before the fence has', async () => {
  let looked = 0
  const { judge } = sampleKit({
    call: () => sampleExchange('refused'),
    fence: () => Promise.reject(new NotSeen('the sandbox was closed')),
    wire: {
      async sessions() {
        looked++
        return []
      },
    },
  })
  const injected = { hidden: 'h@x.test', names: [], body: 'INJECTED' }
  await judge(async ({ post }) => (await post.send()).contained(injected))
  expect(looked).toBe(0)
})

test('a hidden recipient and a planted field are two findings of one message', async () => {
  const mail = delivery('Subject: x\r\nBcc: h@x.test\r\n\r\nHello')
  const rcpt = { id: 'session', transcript: [] } as unknown as Session
  const { judge } = sampleKit({
    about: { severity: 'critical' },
    wire: {
      arrival: async () => [mail],
      deliveries: async ({ to }) => (to === 'h@x.test' ? [] : [mail]),
      sessions: async () => [rcpt],
    },
  })
  const { verdict, findings } = await judge(async ({ post }) =>
    (await post.send()).contained({ hidden: 'h@x.test', names: ['Bcc'], body: 'INJECTED' }),
  )
  expect(verdict).toBe('fail')
  expect(findings.map(({ actual }) => actual)).toEqual([
    'RCPT TO:<h@x.test> reached the wire',
    'the delivered message has a header field Bcc',
  ])
})

test('an address field that parsers read differently is a finding', async () => {
  const { judge } = sampleKit()
  const findingsFor = async (header: string) =>
    (
      await judge(async ({ api, post }) => {
        const sent = post.of('a@x.test', await api.call('message.send', {}))
        sent.readAs(delivery(`${header}\r\n\r\n`), { field: 'To', email: 'a@x.test' })
      })
    ).findings.length
  expect(await findingsFor('To: "Ann" <A@X.test>')).toBe(0)
  expect(await findingsFor('To: "Ann" <a@x.test>, b@x.test')).toBe(1)
})

test('the channels are those that the profile declares', () => {
  const named = (has: (operation: string, input?: string) => boolean) =>
    sampleKit({ has }).kit.post.channels.map(({ name }) => name)
  expect(named(() => true)).toEqual(['HTTP', 'template', 'batch', 'schedule', 'raw'])
  expect(named((operation, input) => operation === 'message.send' && input === undefined)).toEqual(['HTTP'])
})

test('a message that a batch refuses was not accepted, though the batch was', async () => {
  const { kit } = sampleKit({ call: () => sampleExchange('accepted', { result: { ids: [null] } }) })
  const batch = kit.post.channels.find(({ name }) => name === 'batch')
  expect(await (await batch?.send())?.deliveredUnlessRefused()).toBeNull()
})

test('what a target said to an exchanger is found by the line and by whether it was encrypted', async () => {
  const line = (text: string, encrypted: boolean) => ({ from: 'client', text, encrypted, at: 1 }) as const
  const session = {
    ...{ personality: 'no-starttls', helo: 'h', startedAt: 0, endedAt: 9 },
    transcript: [line('EHLO h', false), line('MAIL FROM:<a>', true)],
  }
  const { kit } = sampleKit({ wire: { sessions: async () => [session as unknown as Session] } })
  const handed = await kit.post.sendTo('no-starttls')
  expect([handed.said(/^MAIL/), handed.said(/^MAIL/, false)]).toEqual(['MAIL FROM:<a>', undefined])
})

test.each([
  ['mail for', 'to the sound exchanger and to no other', ['sound']],
  ['did not connect', 'nowhere', []],
] as const)(
  'nothing is said of an exchanger that was not met: %s … where it came %s',
  async (says, _, met) => {
    const sessions = met.map((personality) => ({ personality, helo: 'h', transcript: [] }))
    const { judge } = sampleKit({
      wire: {
        sessions: async () => sessions as unknown as Session[],
        deliveries: async () => [delivery('Subject: x\r\n\r\n')],
      },
    })
    const { verdict, reason } = await judge(async ({ post, verify }) => {
      const handed = await post.sendTo('untrusted-certificate')
      verify.that(handed.deliveries.length === 0, { expected: '', actual: '' })
    })
    expect(verdict).toBe('unproven')
    expect(reason).toContain(says)
  },
)

function leaving(endedAt: number | null): Session {
  return {
    ...{ personality: 'no-starttls', helo: 'h', transcript: [], startedAt: 0, endedAt },
  } as unknown as Session
}

/** A kit whose submission service lets in, and answers a message so. */
const submitting = (send: () => Exchange) =>
  sampleKit({
    submission: {
      ports: [{ name: 'implicit' } as never],
      signIn: async () => ({
        exchange: sampleExchange('accepted', { operation: 'submission.authenticate' }),
        send: async () => send(),
        close: () => {},
      }),
    },
  })

test.each([
  [1, 'accepted'],
  [4, 'limited'],
] as const)(
  'a message that a submission service puts off %d times is handed over again: %s',
  async (times, answer) => {
    let sent = 0
    const { kit } = submitting(() =>
      sampleExchange(++sent > times ? 'accepted' : 'limited', { operation: 'submission.send' }),
    )
    expect((await kit.post.submit({})).exchange.answer).toBe(answer)
    expect(sent).toBe(Math.min(times + 1, 4))
  },
)

test.each([
  [1, 'accepted', undefined, 2],
  [9, 'broken', true, 3],
] as const)(
  'a submission service that hangs up on a message %d times is given it again: %s',
  async (times, answer, cutOff, sessions) => {
    let sent = 0
    const hungUp = { response: null, failure: 'the connection was closed' }
    const { kit } = submitting(() =>
      ++sent > times
        ? sampleExchange('accepted', { operation: 'submission.send' })
        : { ...sampleExchange('broken', { operation: 'submission.send' }), ...hungUp },
    )
    const { exchange } = await kit.post.submit({})
    expect([exchange.answer, exchange.cutOff, sent]).toEqual([answer, cutOff, sessions])
  },
)

test('who may fall back at a third attempt is waited for until a fourth session has ended', async () => {
  const counts: (number | undefined)[] = []
  const { kit } = sampleKit({
    wire: {
      session: async (_, { count }) => {
        counts.push(count)
        return []
      },
      sessions: async () => [leaving(9)],
    },
  })
  await kit.post.sendTo('no-starttls')
  expect(counts).toEqual([4])
})

test('who hangs up on an exchanger before the envelope has met it, and handed over nothing', async () => {
  const sessions = [leaving(9)]
  const { kit } = sampleKit({ wire: { sessions: async () => sessions } })
  const handed = await kit.post.sendTo('no-starttls')
  expect([handed.sessions, handed.deliveries]).toEqual([sessions, []])
})

test.each([
  ['unproven', 'for want of time', [leaving(15_000), leaving(null)]],
  ['pass', 'at once', [leaving(15_000), leaving(40)]],
] as const)(
  'who leaves an exchanger is judged (%s) by whether he does so %s',
  async (expected, _, sessions) => {
    const { judge } = sampleKit({ wire: { sessions: async () => [...sessions] } })
    const { verdict } = await judge(async ({ post, verify }) => {
      const handed = await post.sendTo('no-starttls')
      verify.that(handed.deliveries.length === 0, { expected: '', actual: '' })
    })
    expect(verdict).toBe(expected)
  },
)
