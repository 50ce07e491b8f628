import { generateKeyPairSync } from 'node:crypto'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { expect, test } from 'vitest'
import { evaluate } from './mail-authentication.ts'
import { recording } from './resolver.ts'

/** Answers from a table, as `resolve` of node:dns does. */
function table(texts: Record<string, string | string[]>) {
  return recording(async (name, type) => {
    const found = texts[name]
    if (found === 'SERVFAIL') throw Object.assign(new Error('queryTxt ESERVFAIL'), { code: 'ESERVFAIL' })
    if (found === undefined || type !== 'TXT') throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
    return [found].flat().map((text) => [text])
  })
}

// RFC 8463 Appendix A: an Ed25519 and an RSA signature of one message.
const message = `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game. Are you hungry yet?

Joe.
`.replaceAll('\n', '\r\n')
const keys = {
  'brisbane._domainkey.football.example.com':
    'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
  'test._domainkey.football.example.com':
    'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB',
}

// RFC 6376 A.2 with errata 3192 and 4926, and the key of A.3; simple canonicalization, so every octet of it counts.
const plain = `DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
`.replaceAll('\n', '\r\n')
const rfc6376 = plain + message.slice(message.indexOf('From: Joe'))
const rfc6376Key =
  'v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB'

const envelope = { ip: '192.0.2.1', helo: 'out.provider.test', mailFrom: 'bounce@provider.test' }

test('the vectors of RFC 6376 A.2 and RFC 8463 A.3 verify, and a changed octet does not', async () => {
  const resolver = table({ ...keys, 'brisbane._domainkey.example.com': rfc6376Key })
  const old = await evaluate(Buffer.from(rfc6376), { ...envelope, resolver })
  expect(old.dkim).toMatchObject([{ result: 'pass', domain: 'example.com', bits: 1024, bodyCanon: 'simple' }])
  const { dkim } = await evaluate(Buffer.from(message), { ...envelope, resolver })
  expect(dkim).toMatchObject([
    { result: 'pass', algorithm: 'ed25519-sha256', selector: 'brisbane', alignedByPsl: true },
    {
      result: 'pass',
      algorithm: 'rsa-sha256',
      bits: 1024,
      testing: false,
      lTag: false,
      headerCanon: 'relaxed',
    },
  ])
  expect(dkim[0]?.signedHeaders.filter((name) => name === 'from')).toHaveLength(2)
  const changed = await evaluate(Buffer.from(message.replace('hungry', 'Hungry')), { ...envelope, resolver })
  expect(changed.dkim.map(({ result }) => result)).toEqual(['fail', 'fail'])
})

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyRecord = `v=DKIM1; k=rsa; t=y; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`

async function signed(domain: string): Promise<Buffer> {
  const text =
    'From: ann@acme.t1.zone.postern.test\r\nSubject: a\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n\r\nbody\r\n'
  const key = {
    signingDomain: domain,
    selector: 's',
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
  const { signatures } = await dkimSign(text, { ...key, signatureData: [key] })
  return Buffer.from(signatures + text)
}

const world = {
  'acme.t1.zone.postern.test': 'v=spf1 ip4:192.0.2.1 -all',
  'bounce.acme.t1.zone.postern.test': 'v=spf1 include:t1.zone.postern.test -all',
  't1.zone.postern.test': 'v=spf1 ip4:192.0.2.1 -all',
  '_dmarc.acme.t1.zone.postern.test': 'v=DMARC1; p=reject',
  's._domainkey.acme.t1.zone.postern.test': keyRecord,
  's._domainkey.t1.zone.postern.test': keyRecord,
}
const suffixes = ['t1.zone.postern.test']

test('aligned identifiers pass DMARC by tree walk and by the PSL', async () => {
  const seen = await evaluate(await signed('acme.t1.zone.postern.test'), {
    ...envelope,
    mailFrom: 'b@bounce.acme.t1.zone.postern.test',
    resolver: table(world),
    suffixes,
  })
  expect(seen.dkim).toMatchObject([
    { result: 'pass', aligned: true, alignedByPsl: true, testing: true, bits: 2048 },
  ])
  expect(seen.spf).toMatchObject({ result: 'pass', aligned: true, alignedByPsl: true, lookups: 1, voids: 0 })
  expect(seen.dmarc).toMatchObject({
    result: 'pass',
    policy: 'reject',
    recordDomain: 'acme.t1.zone.postern.test',
  })
  expect(seen.dmarcByPsl).toMatchObject({ result: 'pass', organisationalDomain: 'acme.t1.zone.postern.test' })
  expect(seen.unanswered).toEqual([])
})

test('the provider’s own signature and return path pass SPF and DKIM, but not DMARC', async () => {
  const raw = await signed('t1.zone.postern.test')
  const circumstances = { ...envelope, mailFrom: 'b@t1.zone.postern.test', resolver: table(world) }
  const seen = await evaluate(raw, { ...circumstances, suffixes })
  expect(seen.dkim).toMatchObject([{ result: 'pass', aligned: false, alignedByPsl: false }])
  expect(seen.spf).toMatchObject({ result: 'pass', aligned: false, alignedByPsl: false })
  expect([seen.dmarc.result, seen.dmarcByPsl.result]).toEqual(['fail', 'fail'])
  // Without the zone as a suffix the PSL knows no better than `postern.test` for all of them.
  expect((await evaluate(raw, circumstances)).dmarcByPsl.result).toBe('pass')
})

test('an unanswered question is named, and makes no verdict', async () => {
  const resolver = table({ ...world, 's._domainkey.acme.t1.zone.postern.test': 'SERVFAIL' })
  const raw = await signed('acme.t1.zone.postern.test')
  const seen = await evaluate(raw, { ...envelope, resolver, suffixes })
  expect(seen.dkim).toMatchObject([{ result: 'temperror' }])
  expect(seen.dmarcByPsl.result).toBe('temperror')
  expect(seen.unanswered.map(({ name }) => name)).toContain('s._domainkey.acme.t1.zone.postern.test')
})

test('an unsigned message with two From fields has no author domain; the null reverse-path looks at HELO', async () => {
  const raw = Buffer.from('From: a@a.test\r\nFrom: b@b.test\r\nReturn-Path: <x@t1.zone.postern.test>\r\n\r\n')
  const resolver = table({ ...world, 'out.provider.test': 'v=spf1 ip4:192.0.2.1 -all' })
  const seen = await evaluate(raw, { ...envelope, mailFrom: '', resolver })
  expect(seen).toMatchObject({
    from: { fields: 2, domain: null },
    dkim: [],
    spf: { result: 'pass', domain: 'out.provider.test' },
    dmarc: { result: 'none', comment: 'multiple-from-fields' },
  })
})
