import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCertificates } from '../sandbox/certificates.ts'
import { type OldServer, oldServer } from './old-server.testing.ts'
import { offerTls, type TlsEndpoint } from './tls.ts'
import { tlsFaults } from './tls-faults.ts'
import { surveyTls } from './tls-survey.ts'

const closing: (() => void)[] = []
let pair: { key: string; cert: string }

beforeAll(async () => {
  const { issue } = await createCertificates('zone.test')
  pair = await issue(['127.0.0.1'])
})
afterAll(() => closing.map((close) => close()))

/** What is wrong with a server and how bad it is, what could not be told, and how many connections that took. */
async function surveyed(endpoint: TlsEndpoint, minimum?: 'TLSv1.3') {
  let connections = 0
  const survey = await surveyTls((offer) => {
    connections++
    return offerTls(endpoint, offer)
  })
  const faults = tlsFaults(survey, minimum)
  return {
    shown: Object.fromEntries(
      faults.filter(({ shown }) => shown === true).map(({ name, severity }) => [name, severity]),
    ),
    unclear: faults.filter(({ shown }) => shown === null).map(({ name }) => name),
    connections,
    faults,
  }
}

/** OpenSSL as Node has it, at its lowest security level. */
async function modern(options: TlsOptions): Promise<TlsEndpoint> {
  const server = createServer({ ...pair, ...options, ciphers: `${options.ciphers ?? 'DEFAULT'}:@SECLEVEL=0` })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

async function old(what: OldServer) {
  const server = await oldServer(what)
  closing.push(server.close)
  return server
}

const aead = 'ECDHE+AESGCM'

test('a sound server is asked eleven times and has no fault', async () => {
  const endpoint = await modern({ minVersion: 'TLSv1.2', ciphers: aead })
  expect(await surveyed(endpoint)).toMatchObject({ shown: {}, unclear: [], connections: 11 })
})

test('a server of TLS 1.3 alone has no fault', async () => {
  expect(await surveyed(await modern({ minVersion: 'TLSv1.3' }))).toMatchObject({ shown: {}, unclear: [] })
})

test('TLS 1.2 is a low fault where the target promises TLS 1.3 alone', async () => {
  const endpoint = await modern({ minVersion: 'TLSv1.2', ciphers: aead })
  expect(await surveyed(endpoint, 'TLSv1.3')).toMatchObject({ shown: { 'TLSv1.2': 'low' }, unclear: [] })
})

test('a server of old versions alone is judged, in each by itself', async () => {
  const both = await modern({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ECDHE+AES' })
  expect(await surveyed(both)).toMatchObject({
    shown: { TLSv1: 'high', 'TLSv1.1': 'high', 'CBC suites': 'medium' },
    unclear: [],
  })
  // It answers what is newer with TLS 1.0.
  const oldest = await modern({ minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ECDHE+AES' })
  const { shown } = await surveyed(oldest)
  expect(shown).toEqual({ TLSv1: 'high', 'CBC suites': 'medium' })
})

test('suites without forward secrecy alone are a medium fault, not an unclear one', async () => {
  const endpoint = await modern({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'kRSA+AES' })
  expect(await surveyed(endpoint)).toMatchObject({ shown: { 'static-RSA suites': 'medium' }, unclear: [] })
})

test('CBC is a low fault beside AEAD, and a medium one alone', async () => {
  const beside = await modern({ minVersion: 'TLSv1.2', ciphers: 'ECDHE+AES' })
  const alone = await modern({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AES:!AESGCM' })
  const camellia = await old({ versions: ['TLSv1.2'], suites: [0xc02f, 0xc076, 0xc0ff] })
  expect((await surveyed(beside)).shown).toEqual({ 'CBC suites': 'low' })
  expect((await surveyed(alone)).shown).toEqual({ 'CBC suites': 'medium' })
  expect((await surveyed(camellia)).shown).toEqual({ 'CBC suites': 'low' })
})

test('the size of a finite-field group decides, whatever the cipher', async () => {
  const dhe = { versions: ['TLSv1.2'] as const, suites: [0xc02f, 0x009e, 0x0033] }
  const shown = async (bits: number) => (await surveyed(await old({ ...dhe, bits }))).shown
  expect(await shown(2048)).toEqual({ 'CBC suites': 'low' })
  expect(await shown(1536)).toEqual({ 'CBC suites': 'low', 'finite-field groups': 'medium' })
  expect(await shown(1024)).toEqual({ 'CBC suites': 'low', 'finite-field groups': 'medium' })
  expect(await shown(768)).toEqual({ 'CBC suites': 'low', 'finite-field groups': 'high' })
})

test('a curve below 224 bits is a fault, unless the server takes another one that nobody offered', async () => {
  const small = await modern({ minVersion: 'TLSv1.2', ciphers: aead, ecdhCurve: 'P-256:P-192' })
  expect(await surveyed(small)).toMatchObject({ shown: { curves: 'medium' }, unclear: [] })
  const deaf = await old({ versions: ['TLSv1.2'], suites: [0xc02f, 0xc0ff], curve: 23 })
  expect(await surveyed(deaf)).toMatchObject({ shown: {}, unclear: [] })
})

test('what no library speaks any more is found: SSL 3.0 and each kind of broken suites', async () => {
  const suites = [0x0005, 0x0003, 0x0001, 0x0009, 0x000a, 0x0018, 0x0031, 0x0035]
  expect(await surveyed(await old({ versions: ['SSLv3'], suites }))).toMatchObject({
    shown: {
      ...{ SSLv3: 'high', 'NULL suites': 'high', 'EXPORT suites': 'high', 'anon suites': 'high' },
      ...{ 'RC4 suites': 'high', 'DES suites': 'high', '3DES suites': 'high' },
      ...{ 'static-RSA suites': 'medium', 'static-DH suites': 'medium' },
    },
    unclear: [],
  })
})

test('one weak suite among sound ones is found', async () => {
  const endpoint = await old({ versions: ['TLSv1.2'], suites: [0xc02f, 0xc030, 0xc012] })
  expect(await surveyed(endpoint)).toMatchObject({ shown: { '3DES suites': 'high' }, connections: 14 })
})

test('a weak suite that an old version alone has is found', async () => {
  const endpoint = await old({
    ...{ versions: ['TLSv1.2', 'TLSv1'], suites: [0xc02f, 0xc030], oldSuites: [0x0005] },
  })
  expect(await surveyed(endpoint)).toMatchObject({
    shown: { TLSv1: 'high', 'RC4 suites': 'high' },
    unclear: [],
  })
})

test('compression is a high fault, and no word of secure renegotiation a low one', async () => {
  const what = { versions: ['TLSv1.2'] as const, suites: [0xc02f, 0xc030] }
  expect((await surveyed(await old({ ...what, compresses: true }))).shown).toEqual({ compression: 'high' })
  const silent = await old({ ...what, lacksSecureRenegotiation: true })
  expect((await surveyed(silent)).shown).toEqual({ renegotiation: 'low' })
})

test('a server that hangs up instead of an alert has refused, as long as it speaks TLS otherwise', async () => {
  const endpoint = await old({
    ...{ versions: ['TLSv1.2'], suites: [0xc02f, 0xc030] },
    refuses: (socket) => socket.destroy(),
  })
  expect(await surveyed(endpoint)).toMatchObject({ shown: {}, unclear: [] })
})

test('a server that takes no more connections leaves open what was not asked, and is left alone', async () => {
  const endpoint = await old({
    ...{ versions: ['TLSv1.2', 'TLSv1.1'], suites: [0xc02f, 0xc013] },
    serves: (count) => count < 4,
  })
  const { shown, unclear } = await surveyed(endpoint)
  expect(shown).toEqual({ 'TLSv1.1': 'high' })
  expect(unclear).toEqual(expect.arrayContaining(['SSLv3', 'RC4 suites', 'CBC suites', 'curves']))
  expect(endpoint.connections()).toBe(6)
})

test('a connection that a limit closes hides no fault', async () => {
  const what = { versions: ['TLSv1.2', 'TLSv1.1'] as const, suites: [0xc02f, 0xc013] }
  for (const closed of [0, 1, 2]) {
    const endpoint = await old({ ...what, serves: (count) => count !== closed })
    const { shown, unclear } = await surveyed(endpoint)
    expect({ shown, unclear }).toEqual({ shown: { 'TLSv1.1': 'high', 'CBC suites': 'low' }, unclear: [] })
  }
})

test('silence is no refusal', async () => {
  const endpoint = await old({
    ...{ versions: ['TLSv1.2'], suites: [0xc02f, 0xc030] },
    refuses: (socket, count) => (count === 0 ? socket.destroy() : undefined),
  })
  const { shown, unclear } = await surveyed({ ...endpoint, within: 100 })
  expect(shown).toEqual({})
  expect(unclear).toEqual(expect.arrayContaining(['SSLv3', 'TLSv1', 'TLSv1.1', 'RC4 suites']))
})

test('a suite that nobody offered says nothing', async () => {
  const endpoint = await old({ versions: ['TLSv1.2'], suites: [0xc02f] })
  expect(await surveyed(endpoint)).toMatchObject({
    shown: {},
    unclear: expect.arrayContaining(['RC4 suites']),
  })
})

test('submission that refuses STARTTLS for good speaks in clear; one that puts it off says nothing', async () => {
  const smtp = async (options: object) => {
    const server = new SMTPServer({ ...pair, ...options })
    server.on('error', () => {})
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    closing.push(() => server.close(() => {}))
    const { port } = server.server.address() as AddressInfo
    return { host: '127.0.0.1', port, starttls: 'smtp' as const }
  }
  const plain = await smtp({ disabledCommands: ['STARTTLS'] })
  expect(await surveyed(plain)).toMatchObject({
    shown: { 'clear text': 'high' },
    unclear: [],
    connections: 1,
  })
  const busy = await smtp({
    onConnect: (_session: unknown, done: (error: Error) => void) =>
      done(Object.assign(new Error('Too busy'), { responseCode: 421 })),
  })
  expect(await surveyed(busy)).toMatchObject({ shown: {}, connections: 1 })
})
