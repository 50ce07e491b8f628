import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Exchange, Reach } from '../model.ts'
import { NotSeen, type PassingFailure, passingReplies, stages, type Wire } from '../sandbox/client.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'
import { putOff as putMailOff } from './putting-off.ts'

const off = { ErrorCode: 451, Probability: 0 }
const calm = { Sender: off, Recipient: off, Authentication: { ErrorCode: 535, Probability: 0 } }

interface Scene {
  readonly route: 'mx' | 'relay' | 'mailpit'
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
  /** What each message that was sent is told to be worth; `null` for a guard that held. */
  const assured = async () =>
    Promise.all(
      (came instanceof Error ? [] : came).map((message) =>
        message.assured().then(
          () => null,
          (error: Error) => error,
        ),
      ),
    )
  return { came, asked, sent, evidence: () => trail.rests().evidence, assured }
}

const nothing = async () => Promise.reject(new NotSeen('nothing'))
const closed = async () => Promise.reject(new Error('the sandbox was closed'))
const onAndOff = ['alone', 'Recipient 50 %', 'Recipient 0 %']

/** A wire that lets mail meet what was asked for, by the stage of it. */
function wireThat(meets: (stage: string) => boolean) {
  const asked = new Map<string, PassingFailure>()
  const wire: Partial<Wire> = {
    failOnce: async (to, failure) => void asked.set(to, failure),
    met: async (to) => (meets(asked.get(to)?.stage ?? '') ? undefined : nothing()),
  }
  return { wire, asked }
}

test('the wire puts every kind of message off once, for a domain of its own, and shows it', async () => {
  const { wire, asked } = wireThat(() => true)
  const { came, sent, evidence, assured } = await putOff({ route: 'mx', wire, runReach: 'intrusive' })
  expect(came).toMatchObject(sent.map((recipients) => ({ recipients })))
  expect([...asked.keys()]).toEqual(sent.map(([to]) => to))
  const kinds = [...asked.values()].map(({ stage, reply }) => `${reply} at ${stage}`)
  expect(new Set(kinds).size).toBe(stages.length * passingReplies.length)
  expect(new Set(sent.map(([to = '']) => to.split('@')[1])).size).toBe(kinds.length)
  expect(await assured()).toEqual(kinds.map(() => null))
  expect(JSON.stringify(evidence())).toContain('a dropped connection at end of data')
})

test.each([
  ['mx', Unproven],
  ['relay', NotApplicable],
] as const)(
  'what is met by the name of an exchanger alone is not said of who did not: %s',
  async (route, error) => {
    const { wire, asked } = wireThat((stage) => ['RCPT', 'DATA', 'end of data'].includes(stage))
    const { assured } = await putOff({ route, wire, runReach: 'intrusive' })
    const early = [...asked.values()].map(({ stage }) => ['greeting', 'EHLO', 'MAIL'].includes(stage))
    expect((await assured()).map((thrown) => thrown instanceof error)).toEqual(early)
  },
)

test('what never came to anybody, by name or by recipient, is unproven', async () => {
  const { assured } = await putOff({ route: 'relay', ...wireThat(() => false), runReach: 'intrusive' })
  const thrown = await assured()
  expect(thrown.filter((error) => error instanceof Unproven)).toHaveLength(thrown.length / 2)
})

test('Mailpit’s chaos lasts until mail has come, and ends with it', async () => {
  const { came, asked, sent, evidence } = await putOff({ route: 'mailpit' })
  expect(evidence()).toMatchObject([{ kind: 'measurement' }])
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
