import { once } from 'node:events'
import { type AddressInfo, createServer as createPlainServer } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../sandbox/free-port.ts'
import { certificateRules, faultBy } from './certificate-faults.ts'
import { authority, certify, type Signed } from './certificates.testing.ts'
import { certificatesOf, describeCertificate } from './certificates.ts'

const closing: (() => unknown)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

const root = await authority('Root')
const between = await authority('Between', { by: root })
const cas = [root.cert]

async function serve(options: TlsOptions): Promise<number> {
  const server = createServer({ ...options, ciphers: 'DEFAULT:@SECLEVEL=0' })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const chained = ({ key }: Signed, ...chain: readonly Signed[]): TlsOptions => ({
  key,
  cert: chain.map(({ cert }) => cert).join('\n'),
})

async function shown(port: number, ca: readonly string[] = cas, host = '127.0.0.1') {
  const all = await certificatesOf({ host, address: '127.0.0.1', port, ca, within: 5000 })
  const presented = all.filter((each) => each.kind === 'presented')
  const faults = certificateRules.flatMap((rule) => {
    const fault = faultBy(rule, presented, { host, now: Date.now() })
    return fault === null ? [] : [[rule.name, fault.severity]]
  })
  return { all, presented, faults: Object.fromEntries(faults) }
}

async function faultsOf(leaf: Signed, ...sent: readonly Signed[]) {
  return (await shown(await serve(chained(leaf, leaf, ...sent)))).faults
}

test('a whole chain up to an authority of the profile has no fault', async () => {
  const leaf = await certify({ by: between, purposes: ['serverAuth'] })
  const { all, faults } = await shown(await serve(chained(leaf, leaf, between)))
  expect(faults).toEqual({})
  expect(all).toMatchObject([{ kind: 'presented', refusal: null, mistrust: null }])
  expect(all[0]?.kind === 'presented' && describeCertificate(all[0])).toMatch(
    /^at 127\.0\.0\.1: certificate of CN=127\.0\.0\.1 for IP Address:127\.0\.0\.1; issued by CN=Between; valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d; key ec prime256v1, signed with ecdsa-with-SHA256$/,
  )
})

test('a certificate that the profile names itself is trusted', async () => {
  const leaf = await certify()
  expect((await shown(await serve(leaf), [leaf.cert])).faults).toEqual({})
})

test('who signed is missing, unknown, or the certificate itself', async () => {
  const leaf = await certify({ by: between })
  expect(await faultsOf(leaf)).toEqual({ chain: 'high' })
  const stranger = await authority('Stranger')
  expect(await faultsOf(await certify({ by: stranger }), stranger)).toEqual({ chain: 'high' })
  expect(await faultsOf(await certify())).toEqual({ chain: 'high' })
  // Some leaf of the authority is none that may sign.
  const posing = await certify({ by: root, subject: 'CN=Posing' })
  expect(await faultsOf(await certify({ by: posing }), posing)).toMatchObject({ chain: 'high' })
})

test('dates are told apart from trust', async () => {
  expect(await faultsOf(await certify({ by: root, until: -1 }))).toEqual({ dates: 'high' })
  expect(await faultsOf(await certify({ by: root, from: 1 }))).toEqual({ dates: 'high' })
  expect(await faultsOf(await certify({ until: -1 }))).toEqual({ chain: 'high', dates: 'high' })
  const over = await authority('Over', { by: root, until: -1 })
  expect(await faultsOf(await certify({ by: over }), over)).toEqual({ dates: 'high' })
})

test('the time that is left is held against the time that was given', async () => {
  const lasts = async (from: number, until: number) => faultsOf(await certify({ by: root, from, until }))
  expect(await lasts(-300, 29)).toEqual({ 'time left': 'low' })
  expect(await lasts(-300, 13)).toEqual({ 'time left': 'medium' })
  expect(await lasts(-300, 31)).toEqual({})
  expect(await lasts(-65, 25)).toEqual({})
  expect(await lasts(-32, 15)).toEqual({})
  expect(await lasts(-3, 3)).toEqual({})
  expect(await lasts(-6, 0.5)).toEqual({ 'time left': 'medium' })
})

test('a name counts in the subjectAltName alone', async () => {
  expect(await faultsOf(await certify({ by: root, names: [] }))).toEqual({ name: 'high' })
  expect(await faultsOf(await certify({ by: root, names: ['other.test'] }))).toEqual({ name: 'high' })
  const named = await serve(
    await certify({ by: root, subject: 'CN=api.test', names: ['*.own.test', 'a*.test'] }),
  )
  expect((await shown(named, cas, 'api.own.test')).faults).toEqual({})
  expect((await shown(named, cas, 'API.own.test.')).faults).toEqual({})
  for (const host of ['a.api.own.test', 'own.test', 'api.test', 'ab.test'])
    expect((await shown(named, cas, host)).faults, host).toEqual({ name: 'high' })
})

test('signatures, and what it is for', async () => {
  expect(await faultsOf(await certify({ by: root, hash: 'SHA-1' }))).toEqual({ signature: 'medium' })
  const old = await authority('Old', { by: root, hash: 'SHA-1' })
  expect(await faultsOf(await certify({ by: old }), old)).toEqual({ signature: 'medium' })
  expect(await faultsOf(await certify({ by: root, purposes: ['clientAuth'] }))).toEqual({ purpose: 'medium' })
  expect(await faultsOf(await certify({ by: root, purposes: ['clientAuth', 'serverAuth'] }))).toEqual({})
})

test('both certificates of a server are seen, whichever it prefers', async () => {
  const [first, second] = [await certify({ by: root }), await certify({ by: root, kind: 'RSA', until: -1 })]
  const port = await serve({ key: [first.key, second.key], cert: [first.cert, second.cert] })
  const { presented, faults } = await shown(port)
  expect(presented.map(({ chain }) => chain[0].publicKey.asymmetricKeyType).sort()).toEqual(['ec', 'rsa'])
  expect(faults).toEqual({ dates: 'high' })
})

test('behind STARTTLS, and where there is none', async () => {
  const leaf = await certify({ by: root })
  const submission = async (disabledCommands: string[]) => {
    const server = new SMTPServer({ ...leaf, disabledCommands, disableReverseLookup: true })
    server.on('error', () => {})
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    closing.push(() => new Promise<void>((resolve) => server.close(resolve)))
    const { port } = server.server.address() as AddressInfo
    return certificatesOf({ ...{ host: '127.0.0.1', address: '127.0.0.1', port, ca: cas }, starttls: 'smtp' })
  }
  expect(await submission([])).toMatchObject([{ kind: 'presented', mistrust: null }])
  expect(await submission(['STARTTLS'])).toMatchObject([{ kind: 'no-starttls' }])
})

test('nobody there, and who speaks no TLS', async () => {
  expect((await shown(await freePort())).all).toEqual([
    { kind: 'unreachable', address: '127.0.0.1', reason: 'ECONNREFUSED' },
  ])
  const plain = createPlainServer((socket) =>
    socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  )
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  closing.push(() => plain.close())
  const { all } = await shown((plain.address() as AddressInfo).port)
  expect(all).toMatchObject([{ kind: 'no-handshake', reason: expect.stringMatching(/^E/) }])
})
