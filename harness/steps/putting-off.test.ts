import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Exchange, Reach, Session } from '../model.ts'
import { NotSeen, type Wire } from '../sandbox/client.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'
import { putOff as putMailOff } from './putting-off.ts'

const off = { ErrorCode: 451, Probability: 0 }
const calm = { Sender: off, Recipient: off, Authentication: { ErrorCode: 535, Probability: 0 } }

interface Scene {
  readonly route: 'mx' | 'mailpit'
  readonly wire?: Partial<Wire>
  readonly runReach?: Reach
  readonly answer?: Exchange['answer']
  readonly chaos?: typeof calm | null
}

/** What came of it, and what Mailpit was asked for on the way. */
async function putOff({
  route,
  wire = {},
  runReach = 'disruptive',
  answer = 'accepted',
  chaos = calm,
}: Scene) {
  const asked: string[] = []
  const { kit, trail } = sampleKit({
    wire: { arrival: async () => [{ id: '1' } as Delivery], ...wire },
    profile: {
      policies: { retry: { within: 1 } },
      mail: { recipients: { route }, delivery: { within: 1 } },
    },
  })
  const mailpit = {
    async getChaosTriggers() {
      if (chaos === null) throw new Error('Mailpit API Error: 400 Bad Request')
      return chaos
    },
    async setChaosTriggers(triggers: Partial<typeof calm>) {
      asked.push(`Recipient ${triggers.Recipient?.Probability} %`)
      return calm
    },
  } as unknown as Kit['mailpit']
  const alone = async () => void asked.push('alone')
  const sent: (readonly string[])[] = []
  const came = await putMailOff({ ...kit, mailpit, runReach, alone }, async (to) => {
    sent.push(to)
    return kit.post.of(to[0] ?? '', sampleExchange(answer))
  }).catch((error: Error) => error)
  return { came, asked, sent, evidence: trail.rests().evidence }
}

const nothing = async () => Promise.reject(new NotSeen('nothing'))
const closed = async () => Promise.reject(new Error('the sandbox was closed'))
const onAndOff = ['alone', 'Recipient 50 %', 'Recipient 0 %']

test('the wire puts one of two recipients off, and shows it', async () => {
  const deferred: string[] = []
  const session = {
    transcript: [{ from: 'server', text: '451 4.3.0 Try again later', encrypted: true, at: 0 }],
  } as unknown as Session
  const wire = {
    deferNext: async (to: string) => void deferred.push(to),
    session: async () => [session],
    sessions: async () => [session],
  }
  const { came, asked, sent } = await putOff({ route: 'mx', wire, runReach: 'intrusive' })
  expect(came).toMatchObject([{ recipients: sent[0] }])
  expect(deferred).toEqual(sent[0]?.slice(0, 1))
  expect(asked).toEqual([])
  expect(
    (
      await putOff({
        route: 'mx',
        wire: { ...wire, session: nothing, arrival: nothing, sessions: async () => [] },
      })
    ).came,
  ).toBeInstanceOf(Unproven)
})

test('Mailpit’s chaos lasts until mail has come, and ends with it', async () => {
  const { came, asked, sent, evidence } = await putOff({ route: 'mailpit' })
  expect(evidence).toMatchObject([{ kind: 'measurement' }])
  expect(sent.map(({ length }) => length)).toEqual(Array(20).fill(1))
  expect(came).toHaveLength(20)
  expect(asked).toEqual(onAndOff)
})

test.each([
  ['a message was refused', Unproven, { answer: 'refused' }],
  ['nothing came', Unproven, { wire: { arrival: nothing } }],
  ['the run was interrupted', Error, { wire: { arrival: closed } }],
] as const)('Mailpit’s chaos ends, too, where %s', async (_, error, scene) => {
  const { came, asked } = await putOff({ route: 'mailpit', ...scene })
  expect(came).toBeInstanceOf(error)
  expect(asked).toEqual(onAndOff)
})

test.each([
  ['the run is not disruptive', HeldBack, { runReach: 'intrusive' }],
  ['the run is not disruptive, and it is not enabled', NotApplicable, { runReach: 'intrusive', chaos: null }],
  ['it is not enabled', NotApplicable, { chaos: null }],
  ['it is at work already', Unproven, { chaos: { ...calm, Sender: { ErrorCode: 451, Probability: 5 } } }],
] as const)('Mailpit’s chaos is left alone where %s', async (_, error, scene) => {
  const { came, asked, sent } = await putOff({ route: 'mailpit', ...scene })
  expect(came).toBeInstanceOf(error)
  expect([...asked, ...sent]).toEqual([])
})
