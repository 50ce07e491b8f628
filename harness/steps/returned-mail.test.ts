import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Handed } from '../check/inbound.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { falseReports } from './returned-mail.ts'

interface Message {
  readonly tenant: string
  readonly to: string
  readonly token: string
}

interface Provider {
  readonly token?: (to: string) => string
  /** Whom a report ends the mail of, by the message of its return path. */
  readonly meant?: (report: string, message: Message | undefined) => string | undefined
  /** The one list of all tenants. */
  readonly everywhere?: boolean
  readonly takesBounces?: boolean
}

const named = (report: string) =>
  /^(?:Final-Recipient: rfc822; |Original-Rcpt-To: <)([^>\r]*)/m.exec(report)?.[1]
const isFailure = (report: string) => /^Action: failed|^Feedback-Type: abuse/m.test(report)
const sound: NonNullable<Provider['meant']> = (report, message) =>
  message !== undefined && isFailure(report) && named(report) === message.to ? message.to : undefined

/** A provider whose return paths are looked at, and its readers. */
async function judged({
  token = () => `${randomBytes(8).toString('hex')}.${randomBytes(8).toString('hex')}`,
  meant = sound,
  everywhere = false,
  takesBounces = true,
}: Provider) {
  const messages: Message[] = []
  const sent: Delivery[] = []
  const suppressed = new Set<string>()
  const found = ({ to, containing }: { to?: string; containing?: string }) =>
    sent.filter(
      ({ envelope, raw }) =>
        (to === undefined || envelope.to.includes(to)) &&
        (containing === undefined || Buffer.from(raw).includes(containing)),
    )
  const { judge } = sampleKit({
    profile: { principals: { neighbour: {} } },
    call(operation, { to, subject }, as) {
      const tenant = everywhere || as !== 'neighbour' ? 'a' : 'b'
      const address = String(to)
      if (suppressed.has(`${tenant} ${address}`)) return sampleExchange('invalid', { operation })
      const message = { tenant, to: address, token: token(address) }
      messages.push(message)
      sent.push({
        id: `${sent.length}`,
        envelope: { from: `bounce+${message.token}@b.test`, to: [address] },
        raw: Buffer.from(`Subject: ${subject}\r\n\r\n`),
      } as unknown as Delivery)
      return sampleExchange('accepted', { operation })
    },
    wire: {
      deliveries: async (filter) => found(filter as object),
    },
  })
  const inbound = {
    async hand({ to: [path = ''], raw }: { to: readonly string[]; raw: string }): Promise<Handed> {
      const message = messages.find(({ token }) => path === `bounce+${token}@b.test`)
      const email = takesBounces ? meant(raw, message) : undefined
      if (email !== undefined) suppressed.add(`${message?.tenant ?? 'a'} ${email}`)
      const isKnown = message !== undefined || email !== undefined
      const exchange = sampleExchange(isKnown ? 'accepted' : 'refused', { operation: 'inbound.send' })
      return { exchange, show() {} }
    },
  }
  const { verdict, reason, findings } = await judge(async (kit) => {
    const parts = await falseReports({ ...kit, inbound })
    await kit.verify.each(parts, ({ judge }) => judge())
  })
  return { verdict, reason, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

test('a proof in the return path, and a report about the reader whose it is', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [] })
})

test('reports that are believed about somebody else', async () => {
  const byName = await judged({
    meant: (report, message) => (message && isFailure(report) ? named(report) : undefined),
  })
  expect(byName.found).toEqual([
    'a failed delivery of somebody else’s mail: high',
    'a complaint about somebody else’s mail: high',
  ])
  const anywhere = await judged({ meant: (report) => (isFailure(report) ? named(report) : undefined) })
  expect(anywhere.found).toEqual(
    expect.arrayContaining(['a made-up return path: high', 'a return path without a proof: high']),
  )
  const inWords = await judged({
    meant: (report, message) => /^550 5\.1\.1 <([^>]*)>/m.exec(report)?.[1] ?? sound(report, message),
  })
  expect(inWords.found).toEqual(['a failed delivery of somebody else’s mail, in words: high'])
})

test('return paths that are counted', async () => {
  let last = 1000
  expect((await judged({ token: () => String(++last) })).found).toEqual([
    'a return path by a number further on: high',
  ])
})

test('what is no failure, and the list of all tenants', async () => {
  expect((await judged({ meant: (_report, message) => message?.to })).found).toEqual([
    'an answer of who is away: medium',
    'a delayed delivery: medium',
  ])
  expect((await judged({ everywhere: true })).found).toEqual([
    'a failed delivery of another tenant’s mail: high',
  ])
})

test('where nothing comes of what is returned, nothing is said', async () => {
  expect(await judged({ takesBounces: false })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('mail to them still comes'),
  })
})
