import { expect, test } from 'vitest'
import { channelOf } from './channels.ts'
import { sampleExchange, sampleKit } from './sample-kit.testing.ts'

const claim = { expected: 'this', actual: 'that' }
const names = (...all: string[]) => all.map((name) => ({ name }))

test('a verdict rests on the guards that held, the calls by caller, and what was looked at', async () => {
  const { kit, judge, basis } = sampleKit({ fence: async () => {} })
  await judge(async ({ api, verify, saw }) => {
    verify.accepted(await api.call('message.send', {}))
    verify.accepted(await api.call('message.send', {}))
    verify.held(true, 'something else')
    await verify.fenced()
    saw.shookHands({ endpoint: 'a:1', offered: '', answered: '', reproduce: '' })
    verify.that(true, claim)
  })
  kit.saw.called(sampleExchange('refused'))
  expect(basis(7)).toMatchObject({
    ...{ startedAt: 7, guards: 4, fences: 1, observations: 1, access: [], mail: [] },
    baselines: [{ principal: 'sender', operation: 'message.send', count: 2 }],
    callers: [{ principal: 'sender', calls: 3, accepted: 2 }],
    seen: { deliveries: 0, sessions: 0, handshakes: 1, records: 0 },
  })
})

test('a call that is told of twice is one', async () => {
  const { trail, basis } = sampleKit()
  const exchange = sampleExchange('accepted')
  trail.note({ exchange })
  trail.note({ exchange })
  expect(basis(1).callers).toEqual([{ principal: 'sender', calls: 1, accepted: 1 }])
})

test('of who may do what, only that is kept or broken which came to a verdict', async () => {
  const { judge, basis } = sampleKit()
  await judge(async ({ api, verify }) => {
    verify.held(true, 'it works')
    await verify.each(names('held', 'broken', 'open', 'mixed', 'other'), async ({ name }) => {
      const of = await api.call(`contact.${name}` as 'contact.get', {})
      if (name === 'other') return void verify.that(true, { ...claim, of })
      verify.that(name !== 'broken', { ...claim, of, permission: name === 'held' ? 'allowed' : 'refused' })
      if (name === 'open') verify.held(false, 'the control failed')
      if (name === 'mixed') verify.that(false, { ...claim, of, permission: 'refused' })
    })
  })
  expect(basis(1).access).toEqual([
    {
      principal: 'sender',
      operation: 'contact.held',
      permission: 'allowed',
      state: 'held',
      seen: 'accepted',
    },
    {
      principal: 'sender',
      operation: 'contact.broken',
      permission: 'refused',
      state: 'violated',
      seen: 'accepted',
    },
    {
      principal: 'sender',
      operation: 'contact.open',
      permission: 'refused',
      state: 'unjudged',
      seen: 'unproven',
    },
    {
      principal: 'sender',
      operation: 'contact.mixed',
      permission: 'refused',
      state: 'violated',
      seen: 'accepted',
    },
  ])
})

test('what was to be tried is unproven where a guard did not hold, and untried where nobody asked', async () => {
  const { judge, basis } = sampleKit()
  const asked = (name: string) =>
    ({ principal: 'sender', operation: `contact.${name}`, permission: 'refused' }) as const
  await judge(async ({ api, verify }) => {
    verify.held(true, 'it works')
    verify.asks([...['tried', 'open', 'out'].map(asked), { ...asked('never'), permission: 'unsaid' }])
    await verify.each(names('tried', 'open', 'out'), async ({ name }) => {
      verify.asks([asked(name)])
      if (name === 'open') verify.held(false, 'the control failed')
      verify.applies(name !== 'out', 'there is no such thing')
      const of = await api.call('contact.get', {})
      const cell = { operation: 'contact.tried', domain: 'other.test' }
      verify.that(true, { ...claim, of, permission: 'own', cell, seen: 'accepted' })
      verify.that(true, { ...claim, of, permission: 'own', cell })
    })
  })
  const tried = { principal: 'sender', operation: 'contact.tried', domain: 'other.test', permission: 'own' }
  expect(basis(1).access).toEqual([
    { ...tried, state: 'held', seen: 'accepted' },
    { ...tried, state: 'held', seen: 'refused' },
    { ...asked('open'), state: 'unjudged', seen: 'unproven' },
  ])
  expect(basis(1).untried).toEqual([
    asked('tried'),
    asked('out'),
    { ...asked('never'), permission: 'unsaid' },
  ])
})

test('what the body of a check broke off before it could be known is no promise kept', async () => {
  const { judge, basis } = sampleKit()
  await judge(async ({ api, verify }) => {
    const of = await api.call('contact.get', {})
    verify.that(true, { ...claim, of, permission: 'own' })
    throw new Error('a fault of the check')
  })
  expect(basis(1).access).toMatchObject([{ state: 'unjudged' }])
})

test('a message that a receiver evaluated has its path told, with the variant that sent it; many have their first told', async () => {
  const { judge, basis } = sampleKit()
  const delivery = {
    ...{ id: 'd', session: 's', personality: 'sound' as const, host: null, helo: 'out.test', tls: null },
    ...{ peer: '192.0.2.1:4059', envelope: { from: '', to: [] }, receivedAt: 1 },
    raw: Buffer.from('Received: by a\r\nReceived: by b\r\nFrom: a@b.test\r\n\r\n'),
  }
  const name = { result: 'pass', domain: 'b.test', aligned: true }
  const received = {
    spf: { ...name, from: '192.0.2.1' },
    dkim: [{ ...name, comment: 'more than is told' }],
    dmarc: { result: 'pass', domain: 'b.test', policy: null },
  }
  await judge(async ({ saw, verify }) =>
    verify.each(
      Array.from({ length: 20 }, (_, at) => ({ name: `way ${at}` })),
      async () => saw.received(delivery, received),
      'one by one',
    ),
  )
  const { mail } = basis(1)
  expect(mail).toHaveLength(12)
  expect(mail[0]).toEqual({
    ...{ variant: 'way 0', peer: '192.0.2.1:4059', helo: 'out.test', host: null, tls: null, received: 2 },
    ...{ spf: received.spf, dkim: [name], dmarc: received.dmarc },
  })
})

test('the way of a message follows from its call', () => {
  const ways = [
    ['message.send', {}],
    ['message.send', { template: 'x' }],
    ['message.send', { template: 'x', sendAt: 'y' }],
    ['message.batch', {}],
    ['message.raw', {}],
    ['submission.send', {}],
    ['contact.get', {}],
    [null, {}],
  ] as const
  expect(ways.map(([operation, input]) => channelOf(operation, input))).toEqual([
    ...['HTTP', 'template', 'schedule', 'batch', 'raw', 'SMTP', null, null],
  ])
})
