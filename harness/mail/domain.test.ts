import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { recording } from '../probes/resolver.ts'
import { inPlace } from '../runner/spawned.testing.ts'
import { judgeDomain } from './domain.ts'

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`
const sound: Readonly<Record<string, string>> = {
  'TXT shop.test': 'v=spf1 ip4:198.51.100.7 -all',
  'TXT s1._domainkey.shop.test': key,
  'TXT _dmarc.shop.test': 'v=DMARC1; p=reject',
  'MX shop.test': 'mx.shop.test',
  'TXT _mta-sts.shop.test': 'v=STSv1; id=1',
}

async function judged(changes: Readonly<Record<string, string | null>> = {}, selectors = ['s1']) {
  const records: Readonly<Record<string, string | null>> = { ...sound, ...changes }
  const resolver = recording(async (name, type) => {
    const text = records[`${type} ${name}`] ?? null
    if (text === null) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
    if (text === 'silence') throw Object.assign(new Error('silence'), { code: 'ETIMEOUT' })
    return [type === 'MX' ? { priority: 10, exchange: text } : [text]]
  })
  const all = await judgeDomain('shop.test', selectors, resolver)
  return all.map(({ area, what, state, severity, says }) => `${area} ${what} ${severity ?? state}: ${says}`)
}

test('a sound domain is in order', async () => {
  expect(await judged()).toEqual([
    'spf  right: v=spf1 ip4:198.51.100.7 -all: 0 look-ups, 0 of them void',
    'dkim s1 right: rsa of 2048 bits',
    'dmarc  right: v=DMARC1; p=reject at shop.test',
    'tls  told: 1 exchangers; MTA-STS is announced; reports of TLS are not wanted',
  ])
  expect(await judged({}, [])).toContain('dkim  told: no --selector was named, and DNS lists none')
})

test.each([
  [{ 'TXT shop.test': null }, /^spf {2}low: 0 records/],
  [{ 'TXT shop.test': 'v=spf1 +all' }, /^spf {2}high: it ends in \+all/],
  [{ 'TXT shop.test': 'v=spf1 ipv4:198.51.100.7 -all' }, /^spf {2}medium: .*ipv4/],
  [{ 'TXT s1._domainkey.shop.test': null }, /^dkim s1 high: 0 records/],
  [{ 'TXT s1._domainkey.shop.test': key.replace('k=rsa', 'k=rsa; t=y') }, /^dkim s1 medium: t=y/],
  [{ 'TXT s1._domainkey.shop.test': 'v=DKIM1; p=' }, /^dkim s1 told: it is out of use/],
  [{ 'TXT _dmarc.shop.test': null }, /^dmarc {2}medium: there is no record/],
  [{ 'TXT _dmarc.shop.test': 'v=DMARC1; p=none' }, /^dmarc {2}low: .*what fails is let in/],
  [{ 'TXT _dmarc.shop.test': 'silence' }, /^dmarc {2}unknown: /],
  [{ 'TXT shop.test': 'silence' }, /^spf {2}unknown: .*shop\.test/],
])('with %j it is told', async (changes, says) => {
  expect(await judged(changes)).toContainEqual(expect.stringMatching(says))
})

test('what is no name of a domain is told', async () => {
  await inPlace(async ({ postern }) => {
    for (const name of ['shop', 'https://shop.test/', 'a b.test', ''])
      expect((await postern(['domain', name]).ended).code).toBe(3)
    expect((await postern(['domain', 'shop.test', '--dns', '127.0.0.1:1']).ended).code).toBe(2)
  })
})
