import { expect, test } from 'vitest'
import type { Input } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Session } from '../model.ts'
import { reachedItsReaders, strangersTo, waysToAddress } from './addressed-mail.ts'

interface Scene {
  /** Who gets a copy of every message beside its recipients. */
  readonly archive?: readonly string[]
  /** The bytes of what is handed over. */
  readonly write?: (text: string) => string
  /** What of the input goes into the request. */
  readonly body?: (input: Input) => string
  readonly journal?: readonly string[]
  /** Whom an exchanger is told of, without a message. */
  readonly rcpt?: readonly string[]
}

/** An API that sends one message a recipient, as `scene` says. */
function target({ archive = [], write = (text) => text, body = JSON.stringify, journal = [], rcpt }: Scene) {
  const all: Delivery[] = []
  const to = (email: string, text: string) =>
    all.push({
      id: String(all.length),
      envelope: { from: '', to: [email] },
      raw: Buffer.from(text),
    } as unknown as Delivery)
  return sampleKit({
    has: (operation, input) =>
      !['template', 'sendAt', 'raw', 'messages', 'html', 'bcc'].includes(input ?? operation),
    call(operation, input) {
      const recipients = [input['to'], input['cc']].flat().filter((each) => typeof each === 'string')
      for (const email of [...recipients, ...archive])
        to(email, `To: ${recipients}\r\n\r\n${write(String(input['text']))}`)
      const exchange = sampleExchange('accepted', { operation })
      return { ...exchange, request: { ...exchange.request, body: body(input) } }
    },
    wire: {
      deliveries: async ({ containing, to: email }) =>
        all.filter(
          ({ envelope, raw }) =>
            (containing === undefined || Buffer.from(raw).includes(containing)) &&
            (email === undefined || envelope.to.includes(email)),
        ),
      arrival: async ({ to: email }) => all.filter(({ envelope }) => envelope.to.includes(email ?? '')),
      sessions: async ({ recipient = '' }) =>
        rcpt?.some((label) => recipient.startsWith(label)) ? [{ id: recipient } as unknown as Session] : [],
    },
    profile: { mail: { from: 'shop@own.test', domains: ['own.test'], delivery: { within: 1 }, journal } },
    about: { severity: 'critical' },
  })
}

/** What came of each way, by its name: who else was written to, or why nothing can be said. */
async function strangers(scene: Scene) {
  const { kit, judge } = target(scene)
  const seen: Record<string, readonly string[]> = {}
  const judged = await judge(async () => {
    await kit.verify.each(waysToAddress(kit), async ({ name, send }) => {
      const mark = kit.mailbox.canary()
      const mail = await send(mark)
      await reachedItsReaders(kit, mail)
      const found = await strangersTo(kit, mark, mail)
      seen[name] = found.map(({ email, severity }) => `${email.split('-')[0]} ${severity}`)
      kit.verify.that(found.length === 0, { expected: '', actual: '' })
    })
  })
  return { seen, ...judged }
}

const ways = ['HTTP', 'HTTP, three recipients', 'HTTP, cc', 'HTTP, replyTo']
const each = (found: readonly string[]) => Object.fromEntries(ways.map((name) => [name, found]))

test('who is among the recipients of a message is no stranger to it', async () => {
  const { seen, verdict } = await strangers({})
  expect([seen, verdict]).toEqual([each([]), 'pass'])
})

test('a copy for somebody else is seen by its mark, wherever it goes; for the sender it is less', async () => {
  const archive = ['archive@elsewhere.example', 'SHOP@own.test']
  const { seen } = await strangers({ archive })
  expect(seen).toEqual(each(['archive@elsewhere.example critical', 'SHOP@own.test high']))
})

test('where an encoding hides the mark, a copy is known by the reader whom it names', async () => {
  const write = (text: string) => Buffer.from(text).toString('base64')
  expect((await strangers({ archive: ['archive@elsewhere.example'], write })).seen).toEqual(
    each(['archive@elsewhere.example critical']),
  )
})

test('a journal that the profile declares is told, and is no stranger', async () => {
  const { verdict, reason } = await strangers({ archive: ['Log@own.test'], journal: ['log@own.test'] })
  expect(verdict).toBe('pass')
  expect(reason).toContain('a copy went to the journal log@own.test')
})

test('to whom answers go is a stranger where an exchanger is told of him, with or without a message', async () => {
  expect((await strangers({ rcpt: ['answers'] })).seen).toEqual({
    ...each([]),
    'HTTP, replyTo': ['answers high'],
  })
})

test('a reader whom the call of the profile leaves out makes the way not applicable', async () => {
  const body = ({ to, ...rest }: Input) => JSON.stringify({ to: [to].flat()[0], ...rest })
  const { variants } = await strangers({ body })
  expect(variants.map(({ name, state }) => `${name}: ${state}`).sort()).toEqual([
    'HTTP, cc: held',
    'HTTP, replyTo: held',
    'HTTP, three recipients: not-applicable',
    'HTTP: held',
  ])
})
