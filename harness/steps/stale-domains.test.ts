import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, DnsRecord } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'
import { staleDomains } from './stale-domains.ts'

const zone = 'z.test'

interface Domain {
  readonly id: string
  readonly owner: string
  readonly name: string
  verified: boolean
}

interface Provider {
  /** It looks again by itself when mail is taken, when it leaves, and when it is asked to. */
  readonly looksAgain?: readonly ('taken' | 'leaving' | 'asked')[]
  /** Who had a domain first keeps it. */
  readonly keeps?: boolean
  readonly addsOnce?: boolean
  readonly recheck?: number
  readonly deletes?: boolean
  /** What is scheduled leaves at once. */
  readonly hurries?: boolean
}

/** A provider of domains for two tenants, and the DNS. Nobody waits. */
async function judged({
  looksAgain = ['taken', 'leaving', 'asked'],
  keeps = false,
  addsOnce = false,
  recheck = 1,
  deletes = true,
  hurries = false,
}: Provider) {
  const domains: Domain[] = []
  let added = 0
  const published: DnsRecord[] = []
  const mails: Delivery[] = []
  const waiting: { readonly domain: Domain | undefined; readonly mail: Delivery }[] = []
  const isProved = ({ name, id }: Domain) =>
    published.some((record) => record.name === `_p.${name}` && record.value === `proof=${id}`)
  const look = (domain: Domain | undefined, when: 'taken' | 'leaving' | 'asked') => {
    if (domain !== undefined && looksAgain.includes(when) && !isProved(domain)) domain.verified = false
  }
  const leave = () => {
    for (const { domain, mail } of waiting.splice(0)) {
      look(domain, 'leaving')
      if (domain === undefined || domain.verified) mails.push(mail)
    }
  }
  const { judge } = sampleKit({
    about: { severity: 'high' },
    profile: { principals: { neighbour: {} }, policies: recheck === 0 ? {} : { domains: { recheck } } },
    call(operation, input, as) {
      const owner = as === 'neighbour' ? 'b' : 'a'
      const domain = domains.find(({ id }) => id === input['id'])
      const accepted = (result = {}) => sampleExchange('accepted', { operation, result })
      switch (operation) {
        case 'domain.create': {
          const name = String(input['name'])
          if (addsOnce && domains.some((each) => each.name === name))
            return sampleExchange('invalid', { operation })
          const made = { id: `d${added++}`, owner, name, verified: false }
          domains.push(made)
          return accepted({
            id: made.id,
            records: [{ name: `_p.${name}`, type: 'TXT', value: `proof=${made.id}` }],
          })
        }
        case 'domain.verify': {
          if (domain === undefined) return sampleExchange('missing', { operation })
          look(domain, 'asked')
          const holder = domains.find((each) => each !== domain && each.verified && each.name === domain.name)
          if (holder !== undefined && !keeps && !isProved(holder)) holder.verified = false
          if (isProved(domain) && !holder?.verified) domain.verified = true
          return accepted({ verified: domain.verified })
        }
        case 'domain.delete':
          if (deletes) domains.splice(0, domains.length, ...domains.filter((each) => each !== domain))
          return accepted()
        case 'domain.get':
          return accepted({ verified: domain?.verified })
        default: {
          const from = String(input['from'] ?? 'shop@own.test')
          const of = domains.find((each) => each.owner === owner && from.endsWith(`@${each.name}`))
          look(of, 'taken')
          if (of?.verified !== true && from !== 'shop@own.test')
            return sampleExchange('invalid', { operation })
          const raw = Buffer.from([`From: <${from}>`, '', ''].join('\r\n'))
          const receivedAt = hurries ? Date.now() : Date.parse(String(input['sendAt'] ?? new Date()))
          const envelope = { from: '', to: [input['to']] }
          const mail = { id: `${mails.length}`, envelope, raw, receivedAt } as never
          if (input['sendAt'] === undefined || hurries) mails.push(mail)
          else waiting.push({ domain: of, mail })
          return accepted()
        }
      }
    },
    wire: {
      deliveries: async ({ to }) => mails.filter(({ envelope }) => envelope.to.includes(to ?? '')),
      async arrival({ to }, { within }) {
        // Whoever waits so long waits for what was scheduled.
        if (within > 2000) leave()
        const all = mails.filter(({ envelope }) => envelope.to.includes(to ?? ''))
        if (all.length === 0) throw new NotSeen('nothing')
        return all
      },
    },
  })
  const { verdict, reason, findings, variants } = await judge(async (kit) => {
    const dns = {
      ...kit.dns,
      publish: async (records: readonly DnsRecord[]) => void published.push(...records),
      withdraw: async (name: string) => {
        const others = published.filter((record) => record.name !== name)
        published.splice(0, published.length, ...others)
      },
    }
    const endpoints = { clock: async () => null } as never
    const parts = staleDomains({ ...kit, dns, endpoints, suffixes: [zone, `i.${zone}`] }, async () => {})
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  })
  const found = findings.map(({ variant, severity }) => `${variant}: ${severity}`)
  const applicable = variants.filter(({ state }) => state !== 'not-applicable')
  return { verdict, reason, found, variants: applicable.map(({ name }) => name) }
}

const gone = 'its records are gone: high'
const scheduled = 'its records are gone when what was scheduled leaves: medium'
const again = 'its records are gone, and it is verified again: high'
const handedOn = 'another tenant has it now: medium'

test('a domain whose proof is looked for again is given up, and goes to the next one', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [] })
})

test('one that is never looked for again sends on', async () => {
  expect((await judged({ looksAgain: [] })).found).toEqual([gone, scheduled, again])
  expect((await judged({ looksAgain: ['asked'] })).found).toEqual([gone, scheduled])
  expect((await judged({ looksAgain: ['taken', 'asked'] })).found).toEqual([scheduled])
})

test('what left before its time says nothing of the records', async () => {
  const { found, reason } = await judged({ hurries: true })
  expect(found).toEqual([])
  expect(reason).toContain('left before its time')
})

test('one that stays with who had it first', async () => {
  const { found } = await judged({ looksAgain: ['asked'], keeps: true })
  expect(found).toEqual([gone, scheduled, handedOn, 'another tenant has it now: high'])
  expect((await judged({ addsOnce: true })).found).toEqual([handedOn])
})

test('one that its owner has deleted', async () => {
  expect((await judged({ deletes: false })).found).toEqual(['its owner has deleted it: medium'])
})

test('where no time is promised, no more is looked at than what is asked for', async () => {
  expect(await judged({ recheck: 0 })).toMatchObject({
    verdict: 'pass',
    variants: [
      'its records are gone, and it is verified again',
      'another tenant has it now',
      'its owner has deleted it',
    ],
  })
})

test('where no time is promised, who keeps a domain for days is told so, and refuses nobody too long', async () => {
  const { found } = await judged({ recheck: 0, looksAgain: [] })
  expect(found).toEqual(['its records are gone, and it is verified again: low'])
  const others = ['its records are gone, and it is verified again', 'its owner has deleted it']
  expect(await judged({ recheck: 0, addsOnce: true })).toMatchObject({ found: [], variants: others })
  const kept = await judged({ recheck: 0, looksAgain: ['asked'], keeps: true })
  expect(kept).toMatchObject({ found: [], variants: others })
})

test('a promise of days is not waited for', async () => {
  const days = { recheck: 72 * 3600, looksAgain: [] }
  expect(await judged(days)).toMatchObject({ found: [], variants: ['its owner has deleted it'] })
})
