import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCertificates } from '../sandbox/certificates.ts'
import { describeAnswer, describeOffer, offerTls } from './tls.ts'
import { readAnswer } from './tls-answer.ts'
import { tlsVersions } from './tls-hello.ts'
import type { SuiteGroup } from './tls-suites.ts'

const all: readonly SuiteGroup[] = ['TLS13', 'ECDHE-AEAD', 'ECDHE-CBC', 'static-RSA']
const closing: (() => void)[] = []
const weakest = { minVersion: 'TLSv1', ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0' } as const
let pair: { key: string; cert: string }

beforeAll(async () => {
  const certificates = await createCertificates('zone.test')
  pair = await certificates.issue(['api.zone.test', '127.0.0.1'])
})
afterAll(() => closing.map((close) => close()))

async function listen(server: Server): Promise<{ host: string; port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function tlsServer(options: TlsOptions) {
  const server = createServer({ ...pair, ...options })
  server.on('tlsClientError', () => {})
  server.on('secureConnection', (socket) => socket.on('error', () => {}))
  return listen(server)
}

test('every version that a server of old settings speaks is negotiated, and the one it lacks is refused', async () => {
  const endpoint = { ...(await tlsServer(weakest)), serverName: 'api.zone.test' }
  const answers = await Promise.all(
    tlsVersions.map((version) => offerTls(endpoint, { version, suites: all })),
  )
  expect(answers.map((answer) => ('version' in answer ? answer.version : answer.kind))).toEqual([
    'alert',
    'TLSv1',
    'TLSv1.1',
    'TLSv1.2',
    'TLSv1.3',
  ])
  expect(await offerTls(endpoint, { version: 'TLSv1', suites: ['ECDHE-CBC'], compression: true })).toEqual({
    kind: 'server-hello',
    version: 'TLSv1',
    cipher: 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
    compression: false,
    secureRenegotiation: true,
    key: { kind: 'ECDH', curve: 29 },
  })
  expect(await offerTls(endpoint, { version: 'TLSv1.2', suites: ['NULL'] })).toMatchObject({
    cipher: 'TLS_ECDHE_RSA_WITH_NULL_SHA',
  })
  expect(await offerTls(endpoint, { version: 'TLSv1.2', suites: ['anon'] })).toMatchObject({
    cipher: expect.stringContaining('_anon_'),
  })
})

test('a server of TLS 1.2 alone refuses older and newer versions and bad suites by alerts', async () => {
  const endpoint = await tlsServer({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM' })
  const versions = await Promise.all(
    tlsVersions.map((version) => offerTls(endpoint, { version, suites: all })),
  )
  expect(versions.map(({ kind }) => kind)).toEqual(['alert', 'alert', 'alert', 'server-hello', 'alert'])
  expect(versions[1]).toEqual({ kind: 'alert', level: 'fatal', description: 'protocol_version' })
  for (const group of ['NULL', 'EXPORT', 'anon', 'RC4', 'DES', '3DES', 'static-RSA'] as const)
    expect(await offerTls(endpoint, { version: 'TLSv1.2', suites: [group] })).toMatchObject({
      description: 'handshake_failure',
    })
})

test('a server of TLS 1.3 alone speaks nothing else', async () => {
  const endpoint = await tlsServer({ minVersion: 'TLSv1.3' })
  const [old, best] = await Promise.all([
    offerTls(endpoint, { version: 'TLSv1.2', suites: all }),
    offerTls(endpoint, { version: 'TLSv1.3', suites: ['TLS13'] }),
  ])
  expect(describeAnswer(old)).toBe('fatal alert: protocol_version')
  expect(describeAnswer(best)).toBe('ServerHello: TLSv1.3, TLS_AES_256_GCM_SHA384')
})

test('a server without TLS, a silent one, one that hangs up and none at all are told apart', async () => {
  const servers = [
    createTcpServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    createTcpServer((socket) => socket.on('error', () => {})),
    createTcpServer((socket) => socket.destroy()),
  ]
  const [plain, silent, hangsUp] = await Promise.all(servers.map(listen))
  const endpoints = [plain, { ...silent, within: 200 }, hangsUp, { port: 1 }]
  const answers = await Promise.all(
    endpoints.map((endpoint) =>
      offerTls({ host: '127.0.0.1', port: 1, ...endpoint }, { version: 'TLSv1.2', suites: all }),
    ),
  )
  expect(answers.map(({ kind }) => kind)).toEqual(['not-tls', 'timeout', 'closed', 'unreachable'])
})

test('STARTTLS upgrades an SMTP session first', async () => {
  const smtp = new SMTPServer({ ...pair, ...weakest, authOptional: true })
  smtp.on('error', () => {})
  const endpoint = { ...(await listen(smtp.server)), starttls: 'smtp' as const }
  expect(await offerTls(endpoint, { version: 'TLSv1', suites: all })).toMatchObject({ version: 'TLSv1' })
  const plain = new SMTPServer({ disabledCommands: ['STARTTLS'] })
  const without = { ...(await listen(plain.server)), starttls: 'smtp' as const }
  expect(await offerTls(without, { version: 'TLSv1', suites: all })).toEqual({
    kind: 'no-starttls',
    reply: '500 Error: command not recognized',
  })
})

test('hostile answers end in a kind, never in an exception', () => {
  const record = (...content: number[]) => Buffer.from([22, 3, 3, 0, content.length, ...content])
  expect(readAnswer(Buffer.from([22, 3, 3, 0xff, 0xff]))).toEqual({ kind: 'not-tls' })
  expect(readAnswer(record(2, 0, 0, 1, 0))).toEqual({ kind: 'not-tls' })
  const longSession = [2, 0, 0, 38, 3, 3, ...Array(32).fill(0), 255, 0, 0, 0]
  expect(readAnswer(record(...longSession))).toEqual({ kind: 'not-tls' })
  expect(readAnswer(record(2, 0, 0, 100))).toBeNull()
  const dhe = [2, 0, 0, 38, 3, 3, ...Array(32).fill(0), 0, 0, 0x9e, 0]
  expect(readAnswer(record(...dhe))).toBeNull()
  expect(readAnswer(record(...dhe), true)).toMatchObject({ key: null })
  // A prime of 256 bytes is told of, and one comes; a prime of none.
  expect(readAnswer(record(...dhe, 12, 0, 0, 3, 1, 0, 9))).toMatchObject({ key: null })
  expect(readAnswer(record(...dhe, 12, 0, 0, 2, 0, 0))).toMatchObject({ key: null })
  expect(readAnswer(record(...dhe, 12, 0, 0, 4, 0, 2, 0, 9))).toMatchObject({ key: { bits: 4 } })
  expect(readAnswer(Buffer.concat([record(...dhe), Buffer.from('HTTP')]))).toMatchObject({ key: null })
  expect(describeOffer({ version: 'TLSv1', suites: ['DHE-CBC', 'RC4'] })).toBe('TLSv1 with DHE-CBC, RC4')
})
