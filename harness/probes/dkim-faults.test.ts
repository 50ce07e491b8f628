import { expect, test } from 'vitest'
import { declaredKeys, dkimFaults, signingKeys } from './dkim-faults.ts'
import type { DkimKeyFacts } from './dkim-key.ts'

const sound: DkimKeyFacts = {
  ...{ name: 's1._domainkey.own.example', records: ['v=DKIM1; p=…'], tags: {}, syntaxErrors: [] },
  ...{ keyType: 'rsa', bits: 2048, revoked: false, testing: false, strictIdentity: false },
  ...{ hashes: null, services: null, wildcard: false },
}

const faults = (facts: Partial<DkimKeyFacts>, algorithm = 'rsa-sha256') =>
  dkimFaults({ ...sound, ...facts }, algorithm).flatMap(({ name, is, severity, text }) =>
    is ? [`${name}, ${severity}: ${text}`] : [],
  )

test.each<[Partial<DkimKeyFacts>, string[]]>([
  [{}, []],
  [{ keyType: 'ed25519', bits: 256 }, []],
  [{ hashes: ['sha256'] }, []],
  [{ bits: 2047 }, ['size, medium: an RSA key of 2047 bits']],
  [{ bits: 1023 }, ['size, high: an RSA key of 1023 bits']],
  [{ testing: true }, ['testing, medium: t=y: testing']],
  [{ records: ['a', 'b'] }, ['records, high: 2 records']],
  [{ records: [], bits: null }, ['records, high: 0 records', 'syntax, high: no readable key']],
  [{ syntaxErrors: ['p= is missing'] }, ['syntax, high: p= is missing']],
  [{ hashes: ['sha1', 'sha256'] }, ['hash, high: SHA-1']],
])('%j', (facts, expected) => {
  expect(faults(facts)).toEqual(expected)
})

test('a signature by SHA-1 is a fault of the key that allows it', () => {
  expect(faults({}, 'rsa-sha1')).toEqual(['hash, high: SHA-1'])
})

test('every signature names its key, folds and white space aside', () => {
  const raw = Buffer.from(
    'DKIM-Signature: v=1; a=rsa-sha256; d=own.example;\r\n\ts = s1; bh=x=; b=y\r\nDKIM-Signature: v=1\r\n\r\nHello',
  )
  expect(signingKeys(raw)).toEqual([
    { selector: 's1', domain: 'own.example', algorithm: 'rsa-sha256' },
    { selector: '', domain: '', algorithm: '' },
  ])
})

test('a declared selector counts where it is published, or everywhere where it is nowhere', async () => {
  const published = ['s1 a.example']
  const keys = await declaredKeys(
    { selectors: ['s1', 's2'], domains: ['a.example', 'b.example'] },
    async (selector, domain) => ({
      ...sound,
      records: published.includes(`${selector} ${domain}`) ? ['v=DKIM1'] : [],
    }),
  )
  expect(keys.map(({ selector, domain }) => `${selector} ${domain}`)).toEqual([
    's1 a.example',
    's2 a.example',
    's2 b.example',
  ])
})
