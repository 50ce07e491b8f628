import { expect, test } from 'vitest'
import { declaredKeys, dkimFaults, keysToJudge, signingKeys } from './dkim-faults.ts'
import type { DkimKeyFacts } from './dkim-key.ts'

const sound: DkimKeyFacts = {
  ...{ name: 's1._domainkey.own.example', records: ['v=DKIM1; p=…'], tags: {}, syntaxErrors: [] },
  ...{ keyType: 'rsa', bits: 2048, revoked: false, testing: false, strictIdentity: false },
  ...{ hashes: null, services: null, wildcard: false },
}

const signed = { selector: 's1', domain: 'own.example', algorithm: 'rsa-sha256', identity: 'own.example' }
const faults = (facts: Partial<DkimKeyFacts>, key: Partial<typeof signed> = {}) =>
  dkimFaults({ ...sound, ...facts }, { ...signed, ...key }).flatMap(({ name, is, severity, text }) =>
    is ? [`${name}, ${severity}: ${text}`] : [],
  )

test.each<[Partial<DkimKeyFacts>, string[]]>([
  [{}, []],
  [{ hashes: ['sha256'] }, []],
  [{ bits: 2047 }, ['size, medium: an RSA key of 2047 bits']],
  [{ bits: 1023 }, ['size, high: an RSA key of 1023 bits']],
  [{ testing: true }, ['testing, medium: t=y: testing']],
  [{ records: ['a', 'b'] }, ['records, high: 2 records']],
  [{ records: [], bits: null }, ['records, high: 0 records', 'syntax, high: no readable key']],
  [{ syntaxErrors: ['p= is missing'] }, ['syntax, high: p= is missing']],
])('%j', (facts, expected) => {
  expect(faults(facts)).toEqual(expected)
})

test('a key that may be used with SHA-1 is low; one that is used so is high', () => {
  expect(faults({ hashes: ['sha1', 'sha256'] })).toEqual(['hashes allowed, low: h= allows SHA-1'])
  expect(faults({}, { algorithm: 'rsa-sha1' })).toEqual(['hash of the signature, high: signs with SHA-1'])
})

test.each<[string, Partial<DkimKeyFacts>, Partial<typeof signed>, string | null]>([
  ['h= without the hash of the signature', { hashes: ['sha1'] }, {}, 'h=sha1, and the hash is sha256'],
  ['s= without mail', { services: ['tlsrpt'] }, {}, 's=tlsrpt: not for mail'],
  ['s= for everything', { services: ['*'] }, {}, null],
  ['a k= that is none', { keyType: 'dsa' }, {}, 'k=dsa, which no verifier knows'],
  [
    'the k= of another algorithm',
    {},
    { algorithm: 'ed25519-sha256' },
    'k=rsa, and the signature is by ed25519-sha256',
  ],
  ['a k= of Ed25519', { keyType: 'ed25519', bits: 256 }, { algorithm: 'ed25519-sha256' }, null],
  [
    't=s and i= below the domain',
    { strictIdentity: true },
    { identity: 'm.own.example' },
    't=s, and the signature is for m.own.example (i=)',
  ],
  ['t=s and i= of the domain', { strictIdentity: true }, {}, null],
  ['i= below the domain alone', {}, { identity: 'm.own.example' }, null],
])('a record that no verifier accepts is high: %s', (_, facts, key, text) => {
  const found = faults(facts, key).filter((fault) => fault.startsWith('use'))
  expect(found).toEqual(text === null ? [] : [`use, high: ${text}`])
})

test('a declared selector that signs nothing is told, low; one without a record has none to sign with', () => {
  expect(faults({}, { algorithm: '' })).toEqual([
    'signature, low: the profile says that it signs, and no signature was made with it',
  ])
})

test('every signature names its key, folds and white space aside', () => {
  const raw = Buffer.from(
    'DKIM-Signature: v=1; a=rsa-sha256; d=own.example;\r\n\ti=@m.own.example; s = s1; bh=x=; b=y\r\nDKIM-Signature: v=1\r\n\r\nHello',
  )
  expect(signingKeys(raw)).toEqual([
    { selector: 's1', domain: 'own.example', algorithm: 'rsa-sha256', identity: 'm.own.example' },
    { selector: '', domain: '', algorithm: '', identity: '' },
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

const mail = (...signatures: string[]) =>
  Buffer.from([...signatures.map((tags) => `DKIM-Signature: v=1; ${tags}; b=y`), '', 'Hello'].join('\r\n'))

test('a key that signs in two ways is judged in both, whichever comes first', async () => {
  const [old, usual] = ['a=rsa-sha1; d=own.example; s=s1', 'a=rsa-sha256; d=own.example; s=s1']
  for (const raw of [mail(old, usual), mail(usual, old)]) {
    const keys = await keysToJudge({ selectors: ['s1'], domains: ['own.example'] }, raw, async () => sound)
    expect(keys.map(({ name, algorithm }) => [name, algorithm].join(' ')).sort()).toHaveLength(2)
    expect(keys.map(({ algorithm }) => algorithm).sort()).toEqual(['rsa-sha1', 'rsa-sha256'])
  }
  const twice = await keysToJudge({ selectors: [], domains: [] }, mail(usual, usual), async () => sound)
  expect(twice).toHaveLength(1)
})

test('the case in which a signature writes its names makes no other key of it, and no other identity', async () => {
  const raw = mail('a=rsa-sha256; d=Own.Example; s=S1; i=@Own.Example')
  const keys = await keysToJudge({ selectors: ['s1'], domains: ['own.example'] }, raw, async () => sound)
  expect(keys).toEqual([{ name: 'key 1', ...signed }])
  expect(faults({ strictIdentity: true }, keys[0])).toEqual([])
})
