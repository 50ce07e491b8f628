import { generateKeyPairSync } from 'node:crypto'
import { sealMessage } from 'mailauth/lib/arc/index.js'
import { beforeAll, expect, test } from 'vitest'
import { evaluateArc } from './arc.ts'
import { recording } from './resolver.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const keyRecord = `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`
const message = 'From: shop@shop.test\r\nSubject: Hello\r\n\r\nHello\r\n'

/** Every hop has this key, but for those that are named. */
const dns = (others: Readonly<Record<string, string>> = {}) =>
  recording(async (name) => {
    const record = others[name] ?? (name.includes('._domainkey.hop') ? keyRecord : '')
    if (record === '') throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
    if (record === 'nothing') throw Object.assign(new Error('nothing'), { code: 'ETIMEOUT' })
    return [[record]]
  })

async function sealed(text: string, n: number, cv: 'none' | 'pass' | 'fail' = n === 1 ? 'none' : 'pass') {
  const fields = await sealMessage(Buffer.from(text), {
    ...{ signingDomain: `hop${n}.test`, selector: `s${n}`, privateKey, cv, i: n },
    authResults: `mx.hop${n}.test;\r\n spf=pass smtp.mailfrom=shop.test; dkim=${n === 1 ? 'pass' : 'fail'} header.d=shop.test; dmarc=pass (p=reject) header.from=shop.test`,
  })
  return `${fields}${text}`
}

const evaluated = (text: string, others: Readonly<Record<string, string>> = {}) =>
  evaluateArc(Buffer.from(text, 'latin1'), dns(others))

let one: string
let two: string
beforeAll(async () => {
  one = await sealed(message, 1)
  two = await sealed(one, 2)
})

test('a message without sets has no chain; DNS is not asked', async () => {
  const resolver = dns()
  const signedByDkim = `DKIM-Signature: v=1; a=rsa-sha256; d=hop1.test; s=s1; h=from; bh=; b=\r\n${message}`
  expect(await evaluateArc(Buffer.from(signedByDkim), resolver)).toMatchObject({ result: 'none', sets: [] })
  expect(resolver.answers).toEqual([])
})

test('a chain that holds says who sealed it, and what the first of them saw', async () => {
  expect(await evaluated(two)).toMatchObject({
    ...{ result: 'pass', comment: null, faults: [], falseClaim: null, oldestPass: 1 },
    sets: [
      { instance: 1, claim: 'none', domain: 'hop1.test', selector: 's1', algorithm: 'rsa-sha256' },
      { instance: 2, claim: 'pass', domain: 'hop2.test' },
    ],
    said: ['spf=pass', 'dkim=pass', 'dmarc=pass'],
  })
})

test('where a list has changed the message before it sealed it, its own set is the oldest that counts', async () => {
  const changed = await sealed(one.replace('\r\nSubject: ', '\r\nSubject: [list] '), 2)
  expect(await evaluated(changed)).toMatchObject({
    ...{ result: 'pass', oldestPass: 2, said: ['spf=pass', 'dkim=fail', 'dmarc=pass'] },
  })
  expect(await evaluated(two.replace('\r\n\r\nHello', '\r\n\r\nHullo'))).toMatchObject({
    ...{ result: 'fail', comment: 'i=2 no valid signature', oldestPass: null, said: [] },
  })
})

test('a sound seal that calls passing what does not verify is told, and none that was changed itself', async () => {
  const spoiled = one.replace(
    /(ARC-Seal:[\s\S]*? b=)(.)/,
    (_, head, octet) => head + (octet === 'A' ? 'B' : 'A'),
  )
  expect(await evaluated(spoiled)).toMatchObject({ result: 'fail', falseClaim: null })
  expect(await evaluated(await sealed(spoiled, 2))).toMatchObject({
    ...{ result: 'fail', faults: [], falseClaim: { instance: 2, over: 1 } },
  })
  expect(await evaluated(await sealed(spoiled, 2, 'fail'))).toMatchObject({
    ...{ falseClaim: null, faults: ['set 2 says cv=fail: the chain was broken when it came there'] },
  })
})

test('a key without an answer decides nothing that others have not decided', async () => {
  const silent = { 's1._domainkey.hop1.test': 'nothing' }
  expect(await evaluated(two, silent)).toMatchObject({ result: 'temperror', comment: null })
  expect(await evaluated(one, silent)).toMatchObject({ result: 'temperror' })
  expect(await evaluated(two.replace('cv=pass', 'cv=none'), silent)).toMatchObject({ result: 'fail' })
  const absent = { 's1._domainkey.hop1.test': '' }
  expect(await evaluated(two, absent)).toMatchObject({
    ...{ result: 'fail', comment: 'no key for s1._domainkey.hop1.test' },
  })
})

/** The fields of one set, or of a kind of it, taken out or written twice. */
const field = (name: string, n: number) =>
  new RegExp(`${name}: i=${n};.*\\r\\n(?:[ \\t].*\\r\\n)*`, n === 0 ? 'g' : '')
const fieldsOf = (n: number) => new RegExp(`ARC-[A-Za-z-]+: i=${n};.*\\r\\n(?:[ \\t].*\\r\\n)*`, 'g')

test.each<[string, (text: string) => string, RegExp]>([
  ['no first set', (t) => t.replaceAll(fieldsOf(1), ''), /^there is no set 1, and one 2$/],
  ['no seal', (t) => t.replace(field('ARC-Seal', 1), ''), /^set 1 has no ARC-Seal$/],
  [
    'no results',
    (t) => t.replace(field('ARC-Authentication-Results', 2), ''),
    /^set 2 has no ARC-Authentication-Results$/,
  ],
  ['a set twice', (t) => `${t.match(fieldsOf(2))?.join('')}${t}`, /^set 2 has 2 ARC-Seal$/],
  ['a set beyond 50', (t) => t.replaceAll(' i=2;', ' i=51;'), /^3 fields of ARC have no number of a set/],
  ['a set without a number', (t) => t.replaceAll(' i=2;', ''), /^3 fields of ARC have no number of a set/],
  [
    'cv=pass on the first',
    (t) => t.replace('cv=none', 'cv=pass'),
    /^set 1 says cv=pass, and nothing came before/,
  ],
  [
    'cv=none on the second',
    (t) => t.replace('cv=pass', 'cv=none'),
    /^set 2 says cv=none, where pass or fail/,
  ],
  ['a cv= of its own', (t) => t.replace('cv=pass', 'cv=ok'), /^set 2 says cv=ok, where pass or fail/],
  ['no cv=', (t) => t.replace('cv=pass', 'x=pass'), /^set 2 has no cv=$/],
  [
    'cv=fail, and a set on it',
    (t) => t.replace('cv=none', 'cv=fail'),
    /^set 1 says cv=fail, and nothing came/,
  ],
  ['SHA-1', (t) => t.replaceAll('rsa-sha256', 'rsa-sha1'), /^set 1 has a=rsa-sha1 in its ARC-Seal/],
  ['a seal with h=', (t) => t.replace('cv=pass', 'h=from; cv=pass'), /^set 2 has h= in its ARC-Seal/],
  ['a signature of ARC-Seal', (t) => t.replace(/ h=/g, ' h=ARC-Seal:'), /^set 1 signs ARC-Seal \(h=\)/],
  ['a signature without From', (t) => t.replace(/ h=[^;]*/g, ' h=subject'), /^set 2 does not sign From/],
])('a chain with %s fails, and why is told', async (_, change, says) => {
  const changed = change(two)
  expect(changed).not.toBe(two)
  const { result, faults } = await evaluated(changed)
  expect([result, faults]).toEqual(['fail', expect.arrayContaining([expect.stringMatching(says)])])
})

test('a seal that ends a chain ends it', async () => {
  const ended = await sealed(two, 3)
  const { faults } = await evaluated(ended.replace(/(ARC-Seal: i=2;[\s\S]*?)cv=pass/, '$1cv=fail'))
  expect(faults).toEqual(['set 2 says cv=fail, which ends a chain'])
})

test('fields of ARC without end are read in time, and cut nothing but themselves', async () => {
  const many = `${'ARC-Seal: i=1; cv=none\r\n'.repeat(9000)}${two}`
  expect(await evaluated(many)).toMatchObject({ result: 'fail', faults: ['set 1 has 9001 ARC-Seal'] })
  const nested = `ARC-Authentication-Results: ${'('.repeat(100_000)}\r\n${two}`
  expect(await evaluated(nested)).toMatchObject({ result: 'fail' })
})

test('spaces that each reader of tags would look at again and again are not read', async () => {
  const raw = Buffer.from(`ARC-Seal: i${' '.repeat(2000)}=1; a=rsa-sha256\r\nFrom: a@b.test\r\n\r\n`)
  await expect(
    evaluateArc(
      raw,
      recording(async () => []),
    ),
  ).rejects.toThrow('more than a thousand spaces in a row')
})
