import { generateKeyPairSync } from 'node:crypto'
import { sealMessage } from 'mailauth/lib/arc/index.js'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { expect, test } from 'vitest'
import { recording } from '../probes/resolver.ts'
import { chainOf } from './arc.ts'
import { type Came, judgeMail } from './judge-mail.ts'
import { exitCodeOf, table } from './table.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

const records: Readonly<Record<string, string>> = {
  'TXT shop.test': 'v=spf1 ip4:198.51.100.7 -all',
  'TXT s1._domainkey.shop.test': `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`,
  'TXT _dmarc.shop.test': 'v=DMARC1; p=reject',
}

/** Answers from these, and to everything else that there is no such name. */
const dns = (all: Readonly<Record<string, string>> = records) =>
  recording(async (name, type) => {
    const text = all[`${type} ${name}`]
    if (text === 'nothing') throw Object.assign(new Error('nothing'), { code: 'ETIMEOUT' })
    if (text === undefined) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
    return [[text]]
  })

const received =
  'Received: from mta.shop.test (mta.shop.test [198.51.100.7]) by mx.inbox.test with ESMTPS id 1; Thu, 26 Nov 2026 10:00:00 +0000\r\n'
const top = `Return-Path: <bounce@shop.test>\r\n${received}`
const head =
  'From: Shop <shop@shop.test>\r\nTo: ann@inbox.test\r\nSubject: Hello\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@shop.test>\r\n'
const message = (body = 'Hello\r\n', more = '') => `${head}${more}\r\n${body}`

async function signed(text: string): Promise<string> {
  const key = { signingDomain: 'shop.test', selector: 's1', privateKey }
  const { signatures } = await dkimSign(Buffer.from(text), {
    canonicalization: 'relaxed/relaxed',
    ...key,
    signatureData: [key],
  })
  return `${top}${signatures}${text}`
}

async function judged(text: string, came: Partial<Came> = {}) {
  const all = await judgeMail(Buffer.from(text, 'latin1'), { resolver: dns(), ...came })
  const lines = all.map(({ area, state, severity, says }) => `${area} ${severity ?? state}: ${says}`)
  return {
    all,
    lines,
    wrong: lines.filter((_, n) => all[n]?.state === 'wrong'),
    code: exitCodeOf(all, 'medium'),
  }
}

test('a sound message is in order, and each thing about it is said', async () => {
  const { all, wrong, code } = await judged(await signed(message()))
  expect([wrong, code]).toEqual([[], 0])
  expect(new Set(all.map(({ area }) => area))).toEqual(
    new Set(['from', 'dkim', 'spf', 'dmarc', 'tls', 'links', 'html', 'mime']),
  )
  expect(table(all)).toContain('pass for d=shop.test s=s1, rsa-sha256, aligned')
  expect(table(all)).toContain('pass for shop.test from 198.51.100.7, aligned')
})

test.each<[string, (text: string) => string, RegExp]>([
  [
    'was changed after it was signed',
    (text) => `${text}more\r\n`,
    /^dkim high: neutral for d=shop\.test|^dkim high: fail for d=shop\.test/,
  ],
  [
    'came from an address that SPF does not name',
    (text) => text.replace('198.51.100.7', '203.0.113.9'),
    /^spf low: fail for shop\.test from 203\.0\.113\.9/,
  ],
  ['came without TLS', (text) => text.replace('ESMTPS', 'ESMTP'), /^tls low: .*without TLS/],
  [
    'has no signature',
    (text) => text.replace(/DKIM-Signature:.*?(?=\r\n\S)\r\n/s, ''),
    /^dkim medium: it is not signed/,
  ],
  [
    'has two From fields',
    (text) => text.replace('\r\nTo: ann', '\r\nFrom: other@shop.test\r\nTo: ann'),
    /^from high: 2 From fields/,
  ],
  ['has no Date', (text) => text.replace(/\r\nDate: .*/, ''), /^mime low: there is no Date/],
  [
    'names blind recipients',
    (text) => text.replace('\r\nTo: ann', '\r\nBcc: hidden@inbox.test\r\nTo: ann'),
    /^recipients high: Bcc names/,
  ],
  ['has a line of 2,000 octets', (text) => `${text}${'x'.repeat(2000)}\r\n`, /^mime low: 1 lines have more/],
  ['ends a line with LF alone', (text) => `${text}a\nb\r\n`, /^mime low: the body has CR or LF alone/],
])('what %s is told', async (_, change, says) => {
  const { wrong } = await judged(change(await signed(message())))
  expect(wrong).toContainEqual(expect.stringMatching(says))
})

test.each([
  ['<script>x()</script>', /^html medium: it holds script/],
  ['<p onclick="x()">a</p>', /^html medium: it holds p onclick/],
  [
    '<button formaction=" java&#9;script:x()">a</button>',
    /^html medium: it holds button formaction \(javascript:\)/,
  ],
  ['<form action="https://shop.test/"><input></form>', /^html medium: it holds form/],
  ['<meta http-equiv=refresh content="0;url=https://shop.test/">', /^html medium: it holds meta refresh/],
  ['<a href="http://shop.test/">a</a>', /^links medium: http:\/\/shop\.test\/ is not https/],
  ['<a href="https://staging.shop.test/">a</a>', /^links medium: .*is not for readers/],
  [
    '<a href="https://evil.test/">shop.test</a>',
    /^links medium: its text says shop\.test, it leads to evil\.test/,
  ],
])('HTML with %s is told', async (html, says) => {
  const { wrong, code } = await judged(await signed(message(`${html}\r\n`, 'Content-Type: text/html\r\n')))
  expect(wrong).toContainEqual(expect.stringMatching(says))
  expect(wrong.filter((line) => !line.startsWith('html') && !line.startsWith('links'))).toEqual([])
  expect(code).toBe(1)
})

test('hosts that are named are the only ones', async () => {
  const html = message('<a href="https://shop.test/">a</a>\r\n', 'Content-Type: text/html\r\n')
  expect((await judged(await signed(html), { hosts: ['shop.test'] })).wrong).toEqual([])
  const { wrong } = await judged(await signed(html), { hosts: ['www.shop.test'] })
  expect(wrong).toEqual(['links medium: shop.test is not among the hosts of the policy'])
})

test('what is not known is not judged: no address, or no answer of DNS', async () => {
  const bare = (await signed(message())).slice(top.length)
  const { lines, code } = await judged(bare)
  expect(lines).toContainEqual(expect.stringMatching(/^spf unknown: from which address/))
  expect(lines.filter((line) => /^dmarc right: pass/.test(line))).toHaveLength(2)
  expect(code).toBe(2)
  expect((await judged(bare, { ip: '198.51.100.7', mailFrom: 'a@shop.test' })).code).toBe(0)
  const { lines: silent, code: open } = await judged(await signed(message()), {
    resolver: dns({ ...records, 'TXT s1._domainkey.shop.test': 'nothing' }),
  })
  expect(silent).toContainEqual(expect.stringMatching(/^dkim unknown: temperror/))
  expect(open).toBe(2)
})

test('a weak key, and a policy that lets everything in, are told with what to do', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
    type: 'spki',
    format: 'der',
  })
  const { lines } = await judged(await signed(message()), {
    resolver: dns({
      ...records,
      'TXT s1._domainkey.shop.test': `v=DKIM1; p=${weak.toString('base64')}`,
      'TXT _dmarc.shop.test': 'v=DMARC1; p=none',
    }),
  })
  expect(lines).toContainEqual(expect.stringMatching(/^dkim medium: an RSA key of 1024 bits/))
  expect(lines).toContainEqual(expect.stringMatching(/^dmarc low: pass, policy none/))
})

test('a chain of ARC is told by who sealed it, and a broken one is no more than advice', async () => {
  const fields = await sealMessage(Buffer.from(message()), {
    ...{ signingDomain: 'shop.test', selector: 's1', privateKey, cv: 'none', i: 1 },
    authResults: 'mx.shop.test; spf=pass smtp.mailfrom=shop.test; dmarc=pass header.from=shop.test',
  })
  const arcOf = async (text: string, came: Partial<Came> = {}) =>
    (await judged(text, came)).lines.filter((line) => line.startsWith('arc'))
  const whole = `${top}${fields}${message()}`
  expect(await arcOf(whole)).toEqual([
    'arc right: pass: 1 set, the newest by d=shop.test',
    'arc told: sealed by d=shop.test, s=s1, rsa-sha256, cv=none',
    'arc told: d=shop.test saw spf=pass, dmarc=pass, and nothing that it signs was changed since',
  ])
  expect(await arcOf(whole.replace('cv=none', 'cv=pass'))).toContainEqual(
    'arc low: fail: set 1 says cv=pass, and nothing came before it: none is right',
  )
  expect(await arcOf(`${whole}more\r\n`)).toContainEqual('arc low: fail: i=1 no valid signature')
  const silent = dns({ ...records, 'TXT s1._domainkey.shop.test': 'nothing' })
  expect(await arcOf(whole, { resolver: silent })).toContainEqual(
    'arc unknown: a key of the chain is not known',
  )
  const first = {
    ...{ claim: 'none', selector: 'a', algorithm: '', fields: [] },
    instance: 1,
    domain: 'a.test',
  }
  const judgements = chainOf({
    ...{
      result: 'fail',
      comment: 'i=1 seal signature validation failed',
      faults: [],
      oldestPass: null,
      said: [],
    },
    ...{ sets: [first, { ...first, instance: 2, domain: 'b.test' }], falseClaim: { instance: 2, over: 1 } },
  })
  expect(judgements).toContainEqual(
    expect.objectContaining({
      ...{ what: 'set 2', severity: 'medium' },
      says: 'd=b.test says cv=pass, and the seal of set 1, by d=a.test, does not verify',
    }),
  )
})

test('nothing of a message reaches the terminal unescaped', async () => {
  const hostile = message().replace('Shop <shop@shop.test>', '"\x1b[2J\x07" <shop@shop.test>')
  const { all } = await judged(`${top}${hostile}`, { ip: '198.51.100.7' })
  const withoutOurColours = table(all).replaceAll(/\u001b\[\d+m/g, '')
  expect(withoutOurColours.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
