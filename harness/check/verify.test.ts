import { expect, test } from 'vitest'
import { UndeclaredOperation } from '../api/api.ts'
import { readMail } from '../probes/mail.ts'
import { DnsFailure } from '../probes/resolver.ts'
import { connectSmtp } from '../probes/smtp.ts'
import { HeldBack, Unproven } from '../verdicts.ts'
import { sampleExchange, sampleKit } from './sample-kit.testing.ts'

const claim = { expected: 'this', actual: 'that' }
const names = (...all: string[]) => all.map((name) => ({ name }))

test('a violated property carries a finding that rests on the last call, of the severity of its check', async () => {
  const { judge } = sampleKit()
  const judged = await judge(async ({ api, verify }) => {
    await api.call('template.create', {})
    await api.call('message.send', {})
    verify.that(false, claim)
  })
  expect(judged).toMatchObject({
    verdict: 'fail',
    reason: null,
    findings: [
      {
        ...{ severity: 'high', variant: null, operation: 'message.send' },
        reproduce: `: 'seen: ${claim.actual}; expected: ${claim.expected}'\ncurl /message.send`,
        ...claim,
      },
    ],
  })
  expect(
    judged.findings[0]?.evidence.map((piece) => (piece.kind === 'exchange' ? piece.request : '')),
  ).toEqual(['POST https://api.test/template.create', 'POST https://api.test/message.send'])
})

test('a finding that needs calls at once is repeated by as many at once, volley after volley', async () => {
  const { findings } = await sampleKit().judge(async ({ api, verify }) => {
    const plain = await api.call('message.send', {})
    const other = await api.call('message.batch', {})
    const volleys = [
      { of: plain, count: 12 },
      { of: other, count: 1 },
    ]
    verify.that(false, { ...claim, of: other, volleys })
  })
  expect(findings[0]?.reproduce).toBe(
    `: 'seen: ${claim.actual}; expected: ${claim.expected}'\ni=0; while [ "$((i += 1))" -le 12 ]; do curl /message.send & done; wait; curl /message.batch`,
  )
})

test('a pass needs a guard that held and an observation', async () => {
  const verdicts = await Promise.all(
    [[], ['held'], ['that'], ['held', 'that']].map(
      async (said) =>
        (
          await sampleKit().judge(async ({ verify }) => {
            if (said.includes('held')) verify.held(true, 'it works')
            if (said.includes('that')) verify.that(true, claim)
          })
        ).verdict,
    ),
  )
  expect(verdicts).toEqual(['error', 'error', 'error', 'pass'])
})

test('a finding ends nothing: what follows is judged, in the variant and after it', async () => {
  const { findings } = await sampleKit().judge(async ({ api, verify }) => {
    await api.call('message.send', {})
    await verify.each(names('a'), async () => {
      verify.that(false, claim)
      verify.that(false, { ...claim, severity: 'low' })
    })
    verify.that(false, claim)
  })
  expect(findings.map(({ variant, severity }) => [variant, severity])).toEqual([
    ['a', 'high'],
    ['a', 'low'],
    [null, 'high'],
  ])
})

test('each variant is judged by itself, named by the way to it, and says what became of it', async () => {
  const judged = await sampleKit().judge(async ({ api, verify }) => {
    verify.held(true, 'it works')
    await api.call('message.send', {})
    await verify.each(names('outer'), () =>
      verify.each(names('good', 'bad', 'put off', 'not here', 'beyond'), async ({ name }) => {
        if (name === 'put off') verify.held(false, 'no mail', 'wait')
        verify.applies(name !== 'not here', 'it has none')
        if (name === 'beyond') throw new HeldBack('allow it with --reach disruptive')
        verify.that(name !== 'bad', claim)
        if (name === 'bad') verify.held(false, 'the rest', 'wait')
      }),
    )
  })
  expect(judged.variants).toEqual([
    { name: 'outer, good', state: 'held', reason: null },
    { name: 'outer, bad', state: 'violated', reason: 'the rest; wait' },
    { name: 'outer, put off', state: 'unjudged', reason: 'no mail; wait' },
    { name: 'outer, not here', state: 'not-applicable', reason: 'it has none' },
    { name: 'outer, beyond', state: 'held-back', reason: 'allow it with --reach disruptive' },
  ])
  expect(judged.reason).toBe('2 of 5 variants could not be judged, first outer, bad: the rest; wait')
})

test('what a guard did not get says why, in the words of the target and visibly', async () => {
  for (const guard of ['accepted', 'answered'] as const) {
    const { reason } = await sampleKit().judge(async ({ verify }) => {
      verify[guard](sampleExchange('limited', { body: '{"message":\n "slow\u001b[2J down"}' }))
    })
    expect(reason).toContain('message.send was answered 429 “{"message": "slow\\x1b[2J down"}” ')
  }
})

test('a finding outweighs what could not be judged, and a crash outweighs that', async () => {
  const verdictOf = async (...kinds: string[]) =>
    (
      await sampleKit().judge(async ({ api, verify }) => {
        verify.held(true, 'it works')
        await api.call('message.send', {})
        await verify.each(names(...kinds), async ({ name }) => {
          if (name === 'crash') throw new TypeError('bug')
          if (name === 'unproven') throw new Unproven('no mail', 'wait')
          verify.applies(name !== 'without', 'it has none')
          if (name === 'beyond') throw new HeldBack('allow it with --reach disruptive')
          verify.that(name !== 'violated', claim)
        })
      })
    ).verdict
  expect(await verdictOf('unproven', 'crash', 'violated')).toBe('fail')
  expect(await verdictOf('unproven', 'crash', 'held')).toBe('error')
  expect(await verdictOf('unproven', 'held')).toBe('unproven')
  expect(await verdictOf('without', 'held')).toBe('pass')
  expect(await verdictOf('without')).toBe('not-applicable')
  expect(await verdictOf('beyond', 'held')).toBe('pass')
  expect(await verdictOf('without', 'beyond')).toBe('held-back')
})

test('a variant that observes nothing is a fault of its check', async () => {
  const { verdict, reason } = await sampleKit().judge(async ({ verify }) => {
    verify.held(true, 'it works')
    await verify.each(names('a', 'b'), async ({ name }) => {
      if (name === 'a') verify.that(true, claim)
    })
  })
  expect([verdict, reason]).toEqual([
    'error',
    '1 of 2 variants could not be judged, first b: Error: it ended without an observation',
  ])
})

test('a submission port that nobody listens on is the fault of the target or its profile', async () => {
  const { verdict, reason } = await sampleKit().judge(async ({ verify }) => {
    verify.held(true, 'it works')
    await connectSmtp({ host: '127.0.0.1', port: 1 })
  })
  expect([verdict, reason]).toEqual([
    'unproven',
    'Expected 127.0.0.1:1 to answer, saw ECONNREFUSED.; see whether the service is up, and the profile',
  ])
})

test('mail that nobody can read is the fault of who sent it, and no error of the check', async () => {
  const { verdict, reason } = await sampleKit().judge(async ({ verify }) => {
    verify.held(true, 'it works')
    await readMail(Buffer.from(`X-Big: ${'x'.repeat(5_000_000)}\r\n\r\n`))
  })
  expect(verdict).toBe('unproven')
  expect(reason).toMatch(
    /^a message of the target cannot be read: its header has 5000007 bytes .*; see what the target/,
  )
})

test('what is begun in a variant belongs to it, whatever runs beside it', async () => {
  const { findings } = await sampleKit().judge(async ({ api, verify }) => {
    await verify.each(names('a', 'b', 'c'), async ({ name }) => {
      await new Promise<void>((resolve) => setImmediate(resolve))
      await api.call(name === 'b' ? 'template.create' : 'message.send', {})
      await Promise.all([Promise.resolve(), api.call('contact.create', {})])
      verify.that(false, claim)
    })
  })
  expect(findings.map(({ variant, evidence }) => [variant, evidence.length])).toEqual([
    ['a', 2],
    ['b', 2],
    ['c', 2],
  ])
})

test('one by one, a variant begins when the one before has ended', async () => {
  const order: string[] = []
  await sampleKit().judge(({ verify }) =>
    verify.each(
      names('a', 'b'),
      async ({ name }) => {
        order.push(`${name} begins`)
        await Promise.resolve()
        order.push(`${name} ends`)
        verify.that(true, claim)
      },
      'one by one',
    ),
  )
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
})

test('a claim may lower the severity of its check, and not raise it', async () => {
  const { verdict, reason } = await sampleKit().judge(async ({ api, verify }) => {
    await api.call('message.send', {})
    verify.that(false, { ...claim, severity: 'critical' })
  })
  expect(verdict).toBe('error')
  expect(reason).toContain('finds nothing worse than high')
})

test('the exchange that a claim is of comes first, and without any evidence there is no finding', async () => {
  const own = sampleExchange('refused', { operation: 'key.create' })
  const { findings } = await sampleKit().judge(async ({ api, verify }) => {
    await api.call('message.send', {})
    verify.that(false, { ...claim, of: own })
  })
  expect(findings).toMatchObject([
    { operation: 'key.create', reproduce: expect.stringMatching(/\ncurl \/key.create$/) },
  ])
  expect(findings[0]?.evidence[0]).toMatchObject({ request: 'POST https://api.test/key.create' })
  expect((await sampleKit().judge(async ({ verify }) => verify.that(false, claim))).verdict).toBe('error')
})

test('of many calls the first and the last are evidence, and what was measured between them', async () => {
  const { findings } = await sampleKit().judge(async ({ api, saw, verify }) => {
    for (let n = 0; n < 20; n++) {
      await api.call('key.create', {})
      if (n === 4) saw.measured('a figure')
    }
    verify.that(false, claim)
  })
  const evidence = findings[0]?.evidence ?? []
  expect(evidence).toHaveLength(6)
  expect(evidence).toContainEqual(expect.objectContaining({ text: 'a figure' }))
})

test('no answer, an error and a limit are no proof', async () => {
  const { kit } = sampleKit()
  const nothing = { ...sampleExchange('broken'), response: null, failure: 'reset' }
  for (const exchange of [nothing, sampleExchange('broken'), sampleExchange('limited')])
    expect(() => kit.verify.answered(exchange)).toThrow(Unproven)
  kit.verify.answered(sampleExchange('refused'))
  const cutOff = { ...nothing, cutOff: true }
  expect(() => kit.verify.answered(cutOff)).toThrow(Unproven)
  kit.verify.answered(cutOff, 'the effect decides')
  expect(() => kit.verify.answered(nothing, 'the effect decides')).toThrow(Unproven)
})

test('what is advised is a key of the profile', () => {
  const { kit } = sampleKit()
  expect(() => kit.verify.answered(sampleExchange('broken'))).toThrow(
    /map it \(operations\.[a-z.]+\.refused in the profile\)/,
  )
})

test('a call that no operation makes is called so, where it is broken', async () => {
  const { kit, judge } = sampleKit()
  const exchange = { ...sampleExchange('broken'), operation: null }
  expect(() => kit.verify.answered(exchange)).toThrow(/^what no operation asks was answered/)
  const { reason } = await judge(async ({ verify }) => {
    verify.held(true, '')
    verify.that(true, claim)
    verify.answered(exchange, 'the effect decides')
  })
  expect(reason).toMatch(/^what no operation asks was answered .*: what is not done should be refused$/)
})

test('what the profile lacks is not applicable, and a service that is down unproven: neither is an error', async () => {
  const verdictOf = async (error: Error) => (await sampleKit().judge(() => Promise.reject(error))).verdict
  expect(await verdictOf(new UndeclaredOperation('profile declares no key.rotate'))).toBe('not-applicable')
  expect(await verdictOf(new DnsFailure('no answer'))).toBe('unproven')
  expect(await verdictOf(new TypeError('bug'))).toBe('error')
})

test('a variant that nobody waited for is a fault of its check', async () => {
  const { verdict, reason } = await sampleKit().judge(async ({ verify }) => {
    verify.held(true, 'it works')
    void verify.each(names('a'), () => new Promise(() => {}))
    verify.that(true, claim)
  })
  expect([verdict, reason?.includes('did not wait')]).toEqual(['error', true])
})

test('a finding of an operation of several calls shows each of them: the attack may stand in the first', async () => {
  const steps = Array.from({ length: 9 }, () => sampleExchange('accepted', { operation: 'draft' }))
  const { judge } = sampleKit({ call: () => ({ ...sampleExchange('accepted'), steps }) })
  const shown = async (isNamed: boolean) => {
    const { findings } = await judge(async ({ api, verify }) => {
      const of = verify.accepted(await api.call('message.send', {}))
      verify.that(false, { ...claim, ...(isNamed ? { of } : {}) })
    })
    return findings[0]?.evidence.map(
      (piece) => piece.kind === 'exchange' && /\/\S+$/m.exec(piece.request)?.[0],
    )
  }
  const expected = ['//api.test/message.send', ...Array(4).fill('//api.test/draft')]
  expect(await shown(true)).toEqual(expected)
  expect(await shown(false)).toEqual(expected)
})

test('a pass says what the reach of the run kept it from', async () => {
  const { judge } = sampleKit()
  const { verdict, reason } = await judge(async ({ api, verify }) => {
    verify.accepted(await api.call('message.send', {}))
    await verify.each(names('list', 'get'), async ({ name }) => {
      if (name === 'get') throw new HeldBack('nothing tells whose it is')
      verify.that(true, claim)
    })
  })
  expect([verdict, reason]).toEqual([
    'pass',
    '1 of 2 variants held back, first get: nothing tells whose it is',
  ])
})

test('a variant that the target has named steers no terminal by the reason of a pass', async () => {
  const { judge } = sampleKit()
  const { reason } = await judge(async ({ api, verify }) => {
    verify.accepted(await api.call('message.send', {}))
    await verify.each(names('GET /\u001b[2J', 'PUT /\u001b[2J'), async ({ name }) => {
      if (name.startsWith('GET')) throw new HeldBack('it is held back')
      verify.remark('it was slow')
      verify.that(true, claim)
    })
  })
  expect(reason).toMatch(/first GET .*held back; .*first PUT .*slow/)
  expect(reason).not.toContain('\u001b')
})

test('a pass says what kept the check from looking at the rest', async () => {
  const { judge } = sampleKit()
  const judged = await judge(async ({ api, verify }) => {
    verify.accepted(await api.call('message.send', {}))
    verify.that(true, claim)
    verify.applies(false, 'there is no template')
    verify.that(false, claim)
  })
  expect(judged).toMatchObject({
    verdict: 'pass',
    reason: 'nothing was looked at after this: there is no template',
  })
})
