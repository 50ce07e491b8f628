import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { posix } from 'node:path'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, DnsRecord } from '../model.ts'
import { recording } from '../probes/resolver.ts'
import { keysOfOthers } from './signing-keys.ts'

const zone = 'z.test'
const pem = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey
/** The provider makes no more of them than it takes to tell two tenants apart. */
const made = { a: pem(), b: pem() }

interface Domain {
  readonly id: string
  readonly owner: 'a' | 'b'
  readonly name: string
  readonly selector: string
  readonly key: string
  readonly signsAs: string
  verified: boolean
}

interface Provider {
  /** What a domain is signed with, of all that there are. */
  readonly keyOf?: (domain: Domain, all: readonly Domain[]) => string
  /** Of which domain and selector the signature is. */
  readonly signatureOf?: (domain: Domain, all: readonly Domain[]) => Domain
  readonly isSigned?: boolean
}

/** A provider that signs for two tenants, and the DNS. */
async function judged({
  keyOf = ({ key }) => key,
  signatureOf = (domain) => domain,
  isSigned = true,
}: Provider) {
  const domains: Domain[] = []
  const published: DnsRecord[] = []
  const mails: Delivery[] = []
  let count = 0
  const { judge } = sampleKit({
    about: { severity: 'high' },
    async call(operation, input, as) {
      const owner = as === 'neighbour' ? 'b' : 'a'
      const domain = domains.find(({ id }) => id === input['id'])
      const accepted = (result = {}) => sampleExchange('accepted', { operation, result })
      switch (operation) {
        case 'domain.create': {
          const added: Domain = {
            ...{ id: `d${++count}`, owner, name: String(input['name']), verified: false },
            selector: String(input['selector'] ?? `s${count}`),
            key: String(input['privateKey'] ?? made[owner]),
            signsAs: String(input['signingDomain'] ?? input['name']),
          }
          domains.push(added)
          const p = createPublicKey(added.key).export({ type: 'spki', format: 'der' }).toString('base64')
          const name = `${added.selector}._domainkey.${added.name}`
          return accepted({
            id: added.id,
            records: [{ name, type: 'TXT', value: `v=DKIM1; k=rsa; p=${p}` }],
          })
        }
        case 'domain.verify':
          if (domain !== undefined && !domains.some((each) => each.verified && each.name === domain.name))
            domain.verified = true
          return accepted({ verified: domain?.verified })
        case 'domain.get':
          return accepted({ verified: domain?.verified })
        case 'domain.delete':
          domains.splice(domains.indexOf(domain as Domain), 1)
          return accepted()
        default: {
          const from = String(input['from'])
          const of = domains.find(
            (each) => each.owner === owner && each.verified && from.endsWith(`@${each.name}`),
          )
          if (of === undefined) return sampleExchange('invalid', { operation })
          const latest = [...domains].reverse()
          const { name, selector } = signatureOf(of, latest)
          const text = Buffer.from([`From: <${from}>`, 'Subject: s', '', 'Hello', ''].join('\r\n'))
          const privateKey = keyOf(signatureOf(of, latest), latest)
          const key = { signingDomain: name, selector, privateKey }
          const { signatures } = await dkimSign(text, {
            ...{ ...key, canonicalization: 'relaxed/relaxed', signatureData: [key] },
          })
          const raw = isSigned ? Buffer.concat([Buffer.from(signatures), text]) : text
          mails.push({
            ...{ id: `${mails.length}`, raw, peer: '192.0.2.1:25', helo: 'mx.test' },
            envelope: { from, to: [input['to']] },
          } as unknown as Delivery)
          return accepted()
        }
      }
    },
    wire: {
      deliveries: async ({ to }) => mails.filter(({ envelope }) => envelope.to.includes(to ?? '')),
    },
  })
  const { verdict, reason, findings } = await judge(async (kit) => {
    const resolver = recording(async (name, type) => {
      const found = published.filter((record) => record.name === name && record.type === type)
      if (found.length === 0) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
      return found.map(({ value }) => [value])
    })
    const dns = { publish: async (records: readonly DnsRecord[]) => void published.push(...records) }
    const { mail } = kit.profile
    const whole = {
      ...{ ...kit, resolver, dns, inSandbox: true, suffixes: [zone, `i.${zone}`] },
      ...{ saw: { received: () => {} }, api: { ...kit.api, conceal: () => {} } },
      profile: { ...kit.profile, mail: { ...mail, egressAddresses: [] } },
    } as unknown as Kit
    const parts = await keysOfOthers(whole)
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  })
  return { verdict, reason, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

const byFile = ({ name, selector }: Domain) => posix.normalize(`${name}/${selector}`)

test('keys that are kept by domain', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [] })
})

test('keys that are kept by selector, by path or by name', async () => {
  const found = async (provider: Provider) => (await judged(provider)).found
  expect(
    await found({
      keyOf: ({ selector, key }, all) => all.find((each) => each.selector === selector)?.key ?? key,
    }),
  ).toEqual([
    'its selector: high',
    'its selector, with a key that is brought: high',
    'its name and selector, with a key that is brought: high',
  ])
  expect(
    await found({
      keyOf: (domain, all) => all.find((each) => byFile(each) === byFile(domain))?.key ?? domain.key,
    }),
  ).toEqual([
    'a selector that is a path to its key: high',
    'its name and selector, with a key that is brought: high',
  ])
  expect(
    await found({
      signatureOf: (domain, all) => all.find(({ name }) => name === domain.name) ?? domain,
    }),
  ).toEqual(['its name: high', 'its name and selector, with a key that is brought: high'])
})

test('mail that is signed for whatever domain is named', async () => {
  const { found } = await judged({
    signatureOf: (domain, all) =>
      all.find(({ name, verified }) => verified && name === domain.signsAs) ?? domain,
  })
  expect(found).toEqual(['its name as that to sign for: high'])
})

test('where no signature verifies, nothing is said', async () => {
  expect(await judged({ isSigned: false })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('no signature'),
  })
})
