import { expect, test } from 'vitest'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Exchange } from '../model.ts'
import { Unproven } from '../verdicts.ts'
import { limitQuestions, type MetLimit } from './limit-verdicts.ts'

const answered = (status: number, headers: [string, string][] = [], body = '') =>
  ({
    id: `exchange ${status} ${headers.join()}`,
    operation: 'message.send',
    answer: status === 429 ? 'limited' : 'accepted',
    request: { method: 'POST', origin: 'https://api.test', path: '/', headers: [], body: null },
    response: { status, headers, body, truncated: false },
    ...{ failure: null, startedAt: 1, milliseconds: 1 },
  }) as unknown as Exchange

const refusal = answered(429, [['retry-after', '1']])
const sound: MetLimit = {
  limit: { limit: 10, window: 1, principal: 'sender' },
  bursts: [
    {
      ...{ sent: 22, seconds: 0.1, accepted: 10, allowed: 12 },
      sample: refusal,
      other: null,
      refusal,
      refused: ['a'],
      taken: ['b'],
    },
  ],
  judgement: 'holds',
  refusal,
  back: { refusal, message: { exchange: answered(202) }, isTelling: true },
  sent: async () => ({ count: 0, first: undefined }),
  reached: async () => ({ count: 22, isKept: false }),
}

/** What each question came to: by the names of those that did not hold. */
async function judged(met: MetLimit): Promise<Record<string, string>> {
  const { findings, variants } = await sampleKit().judge((kit) =>
    kit.verify.each(limitQuestions(met), async ({ judge }) => judge(kit, met)),
  )
  return Object.fromEntries([
    ...findings.map(({ variant, severity, actual }) => [variant, `${severity}: ${actual}`]),
    ...variants.flatMap(({ name, state, reason }) => (state === 'unjudged' ? [[name, reason]] : [])),
  ])
}

test('a limit that holds, says when to come back, keeps its word and sends nothing refused', async () => {
  expect(await judged(sound)).toEqual({})
})

test('mail that nobody sees leaves the question of what was refused out, and no other', () => {
  const names = (met: MetLimit) => limitQuestions(met).map(({ name }) => name)
  expect(names(sound).filter((name) => !names({ ...sound, sent: null }).includes(name))).toEqual([
    'what was refused',
  ])
})

test('every question has its finding, and none ends another', async () => {
  const delivery = { envelope: { from: '', to: [] }, personality: 'sound', tls: null, raw: Buffer.from('') }
  const met: MetLimit = {
    ...sound,
    judgement: 'broken',
    refusal: answered(429, [['retry-after', '90000']]),
    back: { refusal, message: { exchange: answered(429, [], 'Out of credits') }, isTelling: true },
    sent: async () => ({ count: 1, first: delivery as unknown as Delivery }),
  }
  expect(await judged(met)).toEqual({
    'the limit': 'high: of messages that were sent at once 10 of 22 were accepted in 0.1 s',
    'when to come back': 'medium: Retry-After: 90000',
    'coming back': 'medium: it was answered 429 “Out of credits”',
    'what was refused': 'high: 1 messages that were answered 429 reached the wire',
  })
})

test('a refusal that says nothing of coming back is one finding', async () => {
  expect(await judged({ ...sound, refusal: answered(429), back: null })).toEqual({
    'when to come back': 'low: nothing says when there is room again',
  })
})

test('what cannot be told of one is no obstacle to the others', async () => {
  const slow = { unclear: '88 messages took 9 s' }
  expect(await judged({ ...sound, judgement: slow })).toEqual({
    'the limit': expect.stringContaining('88 messages took 9 s; lower the limit of sender'),
  })
  const overtaken = { refusal, message: { exchange: answered(202) }, isTelling: false }
  expect(await judged({ ...sound, back: overtaken })).toEqual({
    'coming back': expect.stringContaining('names 1 s, and each time the window of 1 s was over before'),
  })
  const late = { ...sound, refusal: answered(429, [['retry-after', '3600']]), back: null }
  expect(await judged(late)).toEqual({
    'coming back': expect.stringContaining('names 3600 s'),
  })
  const lost = {
    ...sound,
    judgement: 'broken',
    sent: () => Promise.reject(new Unproven('no mail', 'see')),
  } as const
  expect(await judged(lost)).toEqual({
    'the limit': expect.stringMatching(/^high/),
    'what was refused': 'no mail; see',
  })
})

test('an answer that is neither yes nor a known limit is told, with the place that says what it means', async () => {
  const [burst] = sound.bursts
  const other = { ...answered(503, [], 'slow down'), answer: 'broken' } as Exchange
  const unclear = { unclear: '12 of 22 messages at once were answered neither as accepted nor by the limit' }
  const met = { ...sound, judgement: unclear, bursts: [{ ...burst, other }] } as MetLimit
  expect((await judged(met))['the limit']).toContain(
    'by the limit, first 503 “slow down”; where that is how it tells of a limit, say so (operations.message.send.limited in',
  )
})

test('where nothing was refused, only the limit is a question', async () => {
  expect(await judged({ ...sound, refusal: null, back: null })).toEqual({
    'the limit': 'high: of messages that were sent at once 10 of 22 were accepted in 0.1 s',
  })
})

test('what shows in a burst alone is repeated by one', async () => {
  const broken: MetLimit = { ...sound, judgement: 'broken' }
  const { findings } = await sampleKit().judge((kit) =>
    kit.verify.each(limitQuestions(broken), async ({ judge }) => judge(kit, broken)),
  )
  expect(findings.map(({ reproduce }) => reproduce)).toEqual([
    expect.stringMatching(/\ni=0; while .* -le 22 \]; do curl \/ & done; wait$/),
  ])
})

test('who takes all and sends no more than the limit keeps it, and tells nobody, which is low', async () => {
  const silent = { ...sound, judgement: 'broken', refusal: null, back: null } as const
  const of = (isKept: boolean) => judged({ ...silent, reached: async () => ({ count: 14, isKept }) })
  expect(await of(true)).toEqual({
    'the limit':
      'low: of messages that were sent at once 10 of 22 were accepted in 0.1 s; 14 of the last ones were sent, and nobody is told of the others',
  })
  const unsure = () => Promise.reject(new Unproven('no fence', 'see'))
  for (const met of [of(false), judged({ ...silent, reached: null }), judged({ ...silent, reached: unsure })])
    expect(await met).toEqual({ 'the limit': expect.stringMatching(/^high/) })
})
