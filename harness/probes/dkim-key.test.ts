import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { startDns } from '../sandbox/dns.ts'
import { dkimKeyFacts } from './dkim-key.ts'
import { createResolver, recording } from './resolver.ts'

const spki = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits })
    .publicKey.export({ type: 'spki', format: 'der' })
    .toString('base64')
const weak = spki(1024)

async function facts(...records: string[]) {
  const resolver = recording(async (name) => {
    if (name === 's._domainkey.own.test') return records.map((record) => [record])
    throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
  })
  return dkimKeyFacts('s', 'own.test', resolver)
}

test('a clean record, and one left from onboarding', async () => {
  expect(await facts(`v=DKIM1; k=rsa; h=sha256; s=email; t=s; p=${spki(2048)}`)).toMatchObject({
    ...{
      bits: 2048,
      syntaxErrors: [],
      testing: false,
      strictIdentity: true,
      hashes: ['sha256'],
      services: ['email'],
    },
    ...{ wildcard: false, revoked: false, keyType: 'rsa' },
  })
  expect(await facts(`v=DKIM1; t=y; p=${weak};`)).toMatchObject({
    bits: 1024,
    testing: true,
    syntaxErrors: [],
  })
  // The key of RFC 8463 A.2.
  expect(await facts('v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=')).toMatchObject({
    bits: 256,
    syntaxErrors: [],
  })
})

test.each([
  [`k=rsa; v=DKIM1; p=${weak}`, 'v= is not the first tag with the value DKIM1'],
  [`v=DKIM1; k=rsa p=${weak}`, 'p= is missing'],
  [`v=DKIM1; t=y; t=s; p=${weak}`, 't= stands there twice'],
  ['v=DKIM1; p=bm8ga2V5', 'p= holds no rsa key'],
  [`v=DKIM1;; p=${weak}`, 'not a tag: ""'],
])('%s', async (record, error) => {
  expect((await facts(record)).syntaxErrors).toEqual([error])
})

test('a revoked key, no record and two of them are told apart', async () => {
  expect(await facts('v=DKIM1; p=')).toMatchObject({ revoked: true, bits: null, syntaxErrors: [] })
  expect(await facts()).toMatchObject({ records: [], bits: null, syntaxErrors: [] })
  expect((await facts(`p=${weak}`, 'p=')).records).toHaveLength(2)
})

test('a real name server: long texts come whole, absence and refusal differ', async () => {
  const dns = await startDns('zone.postern.test')
  try {
    const value = `v=DKIM1; p=${spki(2048)}`
    dns.publish([{ name: 's._domainkey.acme.zone.postern.test', type: 'TXT', value }])
    dns.publish([{ name: 'acme.zone.postern.test', type: 'MX', value: '10 mx.zone.postern.test' }])
    const resolver = createResolver(dns)
    const seen = await dkimKeyFacts('s', 'acme.zone.postern.test', resolver)
    expect(seen).toMatchObject({ records: [value], bits: 2048, wildcard: false })
    expect(await resolver.records('acme.zone.postern.test', 'MX')).toEqual(['10 mx.zone.postern.test'])
    expect(await resolver.txt('nothing.zone.postern.test')).toEqual([])
    expect(resolver.failures()).toEqual([])
    await expect(resolver.txt('elsewhere.test')).rejects.toMatchObject({ name: 'DnsFailure' })
    expect(resolver.failures()).toMatchObject([{ name: 'elsewhere.test', error: 'EREFUSED' }])
  } finally {
    await dns.close()
  }
})
