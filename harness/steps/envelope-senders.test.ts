import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Session } from '../model.ts'
import { forcedSenders } from './envelope-senders.ts'

const bounces = 'bounce+1@bounces.provider.test'

/** A message as a target is given it. */
interface Given {
  /** Of its header, by name; those of a custom header as well. */
  readonly fields: Readonly<Record<string, string>>
  /** That is named for its envelope; `null` where none is. */
  readonly named: string | null
}

interface Way {
  /** What it says in MAIL; `null` where it refuses the message. */
  readonly from?: (given: Given) => string | null
  /** Fields that it leaves in messages that are handed over whole. */
  readonly keeps?: (name: string) => boolean
  readonly takesHeaders?: boolean
  /** Of the profile: another customer. */
  readonly neighbour?: { readonly values: { readonly from: string } }
}

const isForeign = (address: string) => address.includes('@other.')
const sound = ({ named }: Given) =>
  named !== null && (isForeign(named) || /[ >]/.test(named)) ? null : bounces

async function judged({ from = sound, keeps = () => false, takesHeaders = true, neighbour }: Way) {
  const came = new Map<string, Delivery>()
  const lines: string[] = []
  const take = (operation: string, to: string, given: Given, custom: boolean) => {
    const foreign =
      custom && Object.keys(given.fields).some((name) => !/^(?:X-Probe|X-Envelope-From)$/.test(name))
    const sender = foreign && !takesHeaders ? null : from(given)
    if (sender === null) return sampleExchange('refused', { operation })
    lines.push(`MAIL FROM:<${sender}>`)
    const kept = Object.entries(given.fields).filter(([name]) => custom || keeps(name))
    const raw = [...kept.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
    const delivery = { id: to, raw: Buffer.from(raw), envelope: { from: sender, to: [to] } }
    came.set(to, delivery as Partial<Delivery> as Delivery)
    return sampleExchange('accepted', { operation })
  }
  const whole = (operation: string, to: string, raw: string, named: string) => {
    const fields = Object.fromEntries(
      raw.split('\r\n').flatMap((line) => {
        const [, name, value] = /^(Return-Path|Sender|Errors-To): (.*)$/.exec(line) ?? []
        return name === undefined || value === undefined ? [] : [[name, value] as const]
      }),
    )
    return take(operation, to, { fields, named }, false)
  }
  const { judge } = sampleKit({
    about: { severity: 'high' },
    ...(neighbour === undefined ? {} : { profile: { principals: { neighbour } } }),
    call(operation, input) {
      const { to, from: named, raw, headers = {}, returnPath = null } = input
      if (operation === 'message.raw')
        return whole(operation, String(to), Buffer.from(String(raw), 'base64').toString(), String(named))
      const given = { fields: headers as Record<string, string>, named: returnPath as string | null }
      return take(operation, String(to), given, true)
    },
    submission: {
      ports: [{ name: 'implicit' } as never],
      signIn: async () => ({
        exchange: sampleExchange('accepted', { operation: 'submission.authenticate' }),
        send: async ({ from, to, raw }) => whole('submission.send', String(to[0]), raw, from),
        close: () => {},
      }),
    },
    wire: {
      deliveries: async ({ to }) => [came.get(String(to))].filter((delivery) => delivery !== undefined),
      sessions: async ({ saying = '' }) => {
        const transcript = lines
          .filter((text) => text.includes(saying))
          .map((text) => ({ from: 'client' as const, text, encrypted: true, at: 1 }))
        return [{ transcript } as unknown as Session]
      },
    },
  })
  const { verdict, findings, variants } = await judge((kit: Kit) =>
    kit.verify.each(forcedSenders(kit), ({ judge }) => judge()),
  )
  return {
    verdict,
    variants,
    found: findings.map(({ variant, severity }) => `${variant}: ${severity}`).sort(),
  }
}

test.each<[string, Way]>([
  ['writes envelope senders itself, and leaves custom headers out', { takesHeaders: false }],
  [
    'takes an own address',
    { takesHeaders: false, from: (given) => sound(given) && (given.named || bounces) },
  ],
])('a target is sound that %s', async (_, way) => {
  const { verdict, found, variants } = await judged(way)
  expect([found, verdict]).toEqual([[], 'pass'])
  expect(variants.map(({ name }) => name)).toEqual([
    'custom header Return-Path',
    'custom header Sender',
    'custom header X-Envelope-From',
    'custom header Errors-To',
    'custom header Disposition-Notification-To',
    'custom header Return-Receipt-To',
    'returnPath, of somebody else',
    'returnPath, with a parameter',
    'SMTP, Return-Path',
    'SMTP, Sender',
    'SMTP, Errors-To',
    'SMTP, MAIL FROM, of somebody else',
    'SMTP, MAIL FROM, of nobody',
    'raw, Return-Path',
    'raw, Sender',
    'raw, Errors-To',
    'raw, MAIL FROM, of somebody else',
    'raw, MAIL FROM, of nobody',
    'raw, MAIL FROM, with a parameter',
  ])
})

test('what a field names, and the header it stays in, is found', async () => {
  const named = ({ fields, named }: Given) =>
    sound({ fields, named }) && (/<(.*@other.*)>/.exec(Object.values(fields).join())?.[1] ?? bounces)
  expect((await judged({ from: named })).found).toEqual([
    'SMTP, Errors-To: high',
    'SMTP, Return-Path: high',
    'SMTP, Sender: high',
    'custom header Disposition-Notification-To: high',
    'custom header Errors-To: high',
    'custom header Return-Path: high',
    'custom header Return-Receipt-To: high',
    'custom header Sender: high',
    'custom header X-Envelope-From: high',
    'raw, Errors-To: high',
    'raw, Return-Path: high',
    'raw, Sender: high',
  ])
  expect((await judged({ keeps: () => true })).found).toEqual([
    'SMTP, Errors-To: low',
    'SMTP, Return-Path: medium',
    'SMTP, Sender: medium',
    'custom header Disposition-Notification-To: low',
    'custom header Errors-To: low',
    'custom header Return-Receipt-To: low',
    'raw, Errors-To: low',
    'raw, Return-Path: medium',
    'raw, Sender: medium',
  ])
})

test('an envelope sender of another customer is found, where that of nobody is refused', async () => {
  const verified = ({ named, fields }: Given) =>
    named?.endsWith('@globex.test') ? named : sound({ named, fields })
  const neighbour = { values: { from: 'news@globex.test' } }
  expect((await judged({ takesHeaders: false, from: verified, neighbour })).found).toEqual([
    'SMTP, MAIL FROM, of another customer: high',
    'raw, MAIL FROM, of another customer: high',
    'returnPath, of another customer: high',
  ])
  const own = ({ named, fields }: Given) =>
    named?.endsWith('@globex.test') ? null : sound({ named, fields })
  expect((await judged({ takesHeaders: false, from: own, neighbour })).found).toEqual([])
})

test('an envelope that goes out as it was named is found', async () => {
  const asNamed = ({ named }: Given) => named ?? bounces
  expect((await judged({ takesHeaders: false, from: asNamed })).found).toEqual([
    'SMTP, MAIL FROM, of nobody: low',
    'SMTP, MAIL FROM, of somebody else: high',
    'raw, MAIL FROM, of nobody: low',
    'raw, MAIL FROM, of somebody else: high',
    'raw, MAIL FROM, with a parameter: medium',
    'returnPath, of somebody else: high',
    'returnPath, with a parameter: medium',
  ])
})
