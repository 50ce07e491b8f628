import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, DnsRecord } from '../model.ts'
import { claimsOfDomains } from './claimed-domains.ts'

const zone = 'z.test'

interface Domain {
  readonly id: string
  readonly owner: string
  readonly text: string
  verified: boolean
}

interface Provider {
  /** The domain that a text means; `''` refuses it. */
  readonly nameIn?: (text: string) => string
  readonly proof?: (domain: Domain) => string
  readonly isExclusive?: boolean
  /** Whether the texts of the DNS prove a domain. */
  readonly proved?: (texts: (name: string) => string[], name: string, proof: string) => boolean
  readonly signs?: boolean
  /** What is told of a domain says nothing of mail. */
  readonly sendsNothing?: boolean
  readonly neverVerifies?: boolean
  /** Names of records are told by their beginning. */
  readonly namesBeginnings?: boolean
  /** Records are looked up so many milliseconds after the call was answered; until then it is on its way. */
  readonly later?: number
}

const soundName = (text: string) => (/^[a-z\d.-]+[a-z]$/i.test(text) ? text.toLowerCase() : '')

/** A provider of domains for two tenants, and the DNS. */
async function judged(
  {
    nameIn = soundName,
    proof = ({ id }) => `proof=${id}`,
    isExclusive = true,
    proved = (texts, name, wanted) => texts(`_p.${name}`).includes(wanted),
    signs = true,
    sendsNothing = false,
    neverVerifies = false,
    later = 0,
    namesBeginnings = false,
  }: Provider,
  only: (name: string) => boolean = () => true,
) {
  const domains: Domain[] = []
  let made = 0
  const published: DnsRecord[] = []
  const mails: Delivery[] = []
  const texts = (name: string) => published.filter((each) => each.name === name).map(({ value }) => value)
  const nameOf = ({ text }: Domain) => nameIn(text)
  const { judge } = sampleKit({
    about: { severity: 'critical' },
    call(operation, input, as) {
      const owner = as === 'neighbour' ? 'b' : 'a'
      const domain = domains.find(({ id }) => id === input['id'])
      const accepted = (result = {}) => sampleExchange('accepted', { operation, result })
      switch (operation) {
        case 'domain.create': {
          const text = String(input['name'])
          if (nameIn(text) === '') return sampleExchange('invalid', { operation })
          const domain = { id: `d${++made};`, owner, text, verified: false }
          domains.push(domain)
          const name = namesBeginnings ? '_p' : `_p.${nameIn(text)}`
          return accepted({ id: domain.id, records: [{ name, type: 'TXT', value: proof(domain) }] })
        }
        case 'domain.verify': {
          if (domain === undefined) return sampleExchange('missing', { operation })
          const taken = domains.some((each) => each.verified && each !== domain && each.text === domain.text)
          const isProved = proved(texts, nameOf(domain), proof(domain))
          const look = () => {
            if (!neverVerifies && !(isExclusive && taken) && isProved) domain.verified = true
          }
          if (later === 0) look()
          else setTimeout(look, later)
          return accepted({ verified: domain.verified })
        }
        case 'domain.get':
          return accepted({ verified: domain?.verified })
        case 'domain.delete':
          domains.splice(domains.indexOf(domain as Domain), 1)
          return accepted()
        default: {
          const from = String(input['from'])
          const may = domains.some(
            (each) => each.owner === owner && each.verified && nameOf(each) === from.split('@')[1],
          )
          const ownName = from.includes('@own.') || (from.includes('@theirs-') && owner === 'a')
          if (!may || (sendsNothing && !ownName)) return sampleExchange('invalid', { operation })
          const signature = signs ? [`DKIM-Signature: v=1; d=${from.split('@')[1]}; s=s`] : []
          const raw = Buffer.from([`From: <${from}>`, ...signature, '', ''].join('\r\n'))
          mails.push({ id: `${mails.length}`, envelope: { from: '', to: [input['to']] }, raw } as never)
          return accepted()
        }
      }
    },
    wire: {
      deliveries: async ({ to }) => mails.filter(({ envelope }) => envelope.to.includes(to ?? '')),
    },
  })
  const { verdict, reason, findings } = await judge(async (kit) => {
    const dns = {
      ...kit.dns,
      publish: async (records: readonly DnsRecord[]) => void published.push(...records),
    }
    const parts = await claimsOfDomains({ ...kit, dns, suffixes: [zone, `i.${zone}`] })
    await kit.verify.each(
      parts.filter(({ name }) => only(name)),
      ({ judge }) => judge(),
      'one by one',
    )
  })
  return { verdict, reason, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

test('a proof of each tenant and domain, compared whole, gives nobody what is another’s', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [] })
})

test('one record for everybody is good for what was given up, and for other spellings', async () => {
  const proof = () => 'proof=on'
  expect((await judged({ proof })).found).toEqual([
    'in capitals: critical',
    'given up by another tenant, its records left: critical',
  ])
  const { found } = await judged({ proof, isExclusive: false, signs: false })
  expect(found).toContain('as it is: high')
  const told = await judged({ proof, isExclusive: false, sendsNothing: true })
  expect(told.found).toContain('as it is: medium')
})

test('a record above, below or within another text is a finding', async () => {
  const found = async (proved: NonNullable<Provider['proved']>, scene: Provider = {}) =>
    (await judged({ proved, ...scene })).found
  expect(
    await found((texts, name, wanted) => texts(`_p.${name}`).some((text) => text.includes(wanted))),
  ).toEqual(['its record within a longer text: critical'])
  expect(
    await found((texts, name, wanted) =>
      [...texts(`_p.${name}`), ...texts(`_p.www.${name}`)].includes(wanted),
    ),
  ).toEqual(['its record below it: critical'])
  const above = (texts: (name: string) => string[], name: string, wanted: string) =>
    [...texts(`_p.${name}`), ...texts(`_p.${name.slice(name.indexOf('.') + 1)}`)].includes(wanted)
  expect(await found(above, { proof: () => 'proof=on' })).toContain('a sub-domain of it: critical')
})

test('records whose names are told by their beginning are those of the domain', async () => {
  const asItIs = (name: string) => name === 'as it is'
  expect(await judged({ namesBeginnings: true }, asItIs)).toMatchObject({ verdict: 'pass', found: [] })
})

test('records that are looked up after the answer are waited for, for whoever claims as well', async () => {
  const asItIs = (name: string) => name === 'as it is'
  expect(await judged({ later: 60 }, asItIs)).toMatchObject({ verdict: 'pass', found: [] })
  const { found } = await judged({ later: 60, proof: () => 'proof=on', isExclusive: false }, asItIs)
  expect(found).toEqual(['as it is: critical'])
})

test('where no domain is verified at all nothing is said', async () => {
  expect(await judged({ neverVerifies: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('is false 1 s after its records were published'),
  })
})
