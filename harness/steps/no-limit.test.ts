import { expect, test } from 'vitest'
import type { Input } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Delivery } from '../model.ts'
import type { Budget, Policies } from '../profile/shape.ts'
import { NotSeen } from '../sandbox/not-seen.ts'
import { unboundedThings } from './no-limit.ts'

interface Target {
  readonly policies?: Policies
  readonly budget?: Budget
  /** To the message of that number in a row, from 1. */
  readonly answersMessage?: (n: number) => Answer
  readonly answersRecipients?: (count: number) => Answer
  /** Whether it sends the message of that number among those that it took; all where it is left out. */
  readonly sends?: (n: number) => boolean
}

const mail = {
  from: 'shop@own.test',
  domains: ['own.test'],
  delivery: { within: 1 },
  recipients: { route: 'mx' },
}
/** Mail is seen there. */
const sees = { mail }

/** What becomes of the check's variants at such a target: each by its name, with what was found. */
async function judged(target: Target): Promise<Readonly<Record<string, string>>> {
  const { policies = {}, budget = {}, sends = () => true } = target
  const { answersMessage = () => 'accepted', answersRecipients = () => 'invalid' } = target
  let [messages, arrivals] = [0, 0]
  const came = new Set<string>()
  const delivery = (to: string) => ({ envelope: { to: [to] } }) as unknown as Delivery
  const { judge } = sampleKit({
    wire: {
      async arrival({ to = '' }) {
        if (!sends(++arrivals)) throw new NotSeen('nothing')
        came.add(to)
        return [delivery(to)]
      },
      deliveries: async ({ to = '' }) => (came.has(to) ? [delivery(to)] : []),
    },
    profile: { ...sees, policies, budget, operations: { 'message.send': { as: 'sender' } } },
    call: (_, { to }: Input) => sampleExchange(Array.isArray(to) ? answersRecipients(to.length) : 'accepted'),
  })
  const { verdict, findings, variants } = await judge(async (kit) => {
    const api = {
      ...kit.api,
      prepare: async () => sampleExchange('accepted').request,
      send: async () => sampleExchange(answersMessage(++messages)),
      redact: (text: string) => text,
    }
    const reach = { take: async () => {}, together: (_: number, work: () => Promise<unknown>) => work() }
    const whole = { ...kit, api, reach } as unknown as Kit
    await kit.verify.each(unboundedThings(whole), (one) => one.judge(), 'one by one')
  })
  const found = findings.map(({ variant, actual }) => [variant, actual.replace(/[\d.]+ s/, 'no time')])
  const unclear = variants.flatMap(({ name, reason }) => (reason === null ? [] : [[name, reason]]))
  return { verdict, ...Object.fromEntries([...unclear, ...found]) }
}

test('a hundred messages in a row without a refusal are a finding, and one refusal among them is a limit', async () => {
  expect(await judged({})).toEqual({
    verdict: 'fail',
    messages: '100 messages were accepted in no time, and none was refused',
  })
  expect(await judged({ answersMessage: (n) => (n > 37 ? 'limited' : 'accepted') })).toEqual({
    verdict: 'pass',
  })
})

test('what is neither accepted nor refused says nothing of a limit', async () => {
  const { verdict, messages } = await judged({ answersMessage: (n) => (n === 5 ? 'broken' : 'accepted') })
  expect(verdict).toBe('unproven')
  expect(messages).toContain('one of 100 messages was not accepted, and others were after it: 500')
})

test.each(['invalid', 'refused'] as const)(
  'a message that is %s now and then is no limit, and all that come after so many are one',
  async (answer) => {
    const { verdict, messages } = await judged({
      answersMessage: (n) => (n % 17 === 0 ? answer : 'accepted'),
    })
    expect(verdict).toBe('unproven')
    expect(messages).toContain('one of 100 messages was not accepted, and others were after it')
    expect(await judged({ answersMessage: (n) => (n > 43 ? answer : 'accepted') })).toEqual({
      verdict: 'pass',
    })
  },
)

test('recipients that are refused once, and taken then, are no limit', async () => {
  const limits = { send: { limit: 9, window: 1 } }
  let first = true
  const answersRecipients = (): Answer => {
    const answer = first ? 'invalid' : 'accepted'
    first = false
    return answer
  }
  expect(await judged({ policies: { limits }, answersRecipients })).toEqual({
    verdict: 'fail',
    'recipients of a message': 'one to 1001 was accepted',
  })
})

test('a limit of messages that is promised or demanded is judged by another check', async () => {
  for (const said of [{ limit: 9, window: 1 }, { demand: { limit: 9, window: 1 } }])
    expect(await judged({ policies: { limits: { send: said } } })).toEqual({ verdict: 'pass' })
})

test('more recipients than any provider takes, or the profile wants to see, are a finding where one message may have them', async () => {
  const limits = { send: { limit: 9, window: 1 } }
  const asked: number[] = []
  const answersRecipients = (count: number): Answer => {
    asked.push(count)
    return 'accepted'
  }
  expect(await judged({ policies: { limits }, answersRecipients })).toEqual({
    verdict: 'fail',
    'recipients of a message': 'one to 1001 was accepted',
  })
  expect(asked).toEqual([10, 100, 1001])
  const policies = { limits: { ...limits, recipients: 50 } }
  expect(
    await judged({ policies, answersRecipients: (count) => (count > 50 ? 'invalid' : 'accepted') }),
  ).toEqual({ verdict: 'pass' })
  expect(await judged({ policies, answersRecipients })).toMatchObject({
    'recipients of a message': 'one to 51 was accepted',
  })
})

test('what is taken and never sent is held back as well, in messages and in recipients', async () => {
  expect(await judged({ sends: (n) => n <= 40 })).toMatchObject({ verdict: 'pass' })
  const limits = { send: { limit: 9, window: 1 } }
  for (const answer of ['accepted', 'broken'] as const)
    expect(
      await judged({
        policies: { limits },
        answersRecipients: (count) => (count > 1000 ? answer : 'accepted'),
        sends: () => false,
      }),
    ).toMatchObject({ verdict: 'pass' })
})

test('a message that was lost is no limit', async () => {
  expect(await judged({ sends: (n) => n !== 40 })).toMatchObject({ verdict: 'unproven' })
})

test('a run that is held to a pace sends all at once, so that a limit above it shows', async () => {
  const paced = { budget: { perSecond: 15 } }
  expect(await judged({ ...paced, answersMessage: (n) => (n > 60 ? 'limited' : 'accepted') })).toMatchObject({
    verdict: 'pass',
  })
  expect(await judged({ ...paced, answersMessage: (n) => (n > 60 ? 'refused' : 'accepted') })).toMatchObject({
    verdict: 'pass',
  })
  expect((await judged(paced))['messages']).toContain('none was refused')
})
