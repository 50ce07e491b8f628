import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Personality } from '../model.ts'
import { recipientDomain } from './names.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

const range = '172.31.128.0/28'
/** Some of loopback that is not the forwarder's, where the system has it. */
const another = '127.0.0.2'
let sandbox: Sandbox
let resolver: Resolver

beforeEach(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', forwarder: { range, port: 25, from: '127.0.0.1' } })
  resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`${sandbox.address.dns.host}:${sandbox.address.dns.port}`])
})
afterEach(() => sandbox.close())

/** Where mail for a domain goes by DNS alone. */
async function wayTo(personality: Personality, label: string) {
  const domain = recipientDomain(personality, label, sandbox.address.zone)
  const [{ exchange = '' } = {}] = await resolver.resolveMx(domain)
  const [address = ''] = await resolver.resolve4(exchange)
  return { domain, exchange, address }
}

/** As the forwarder hands on a connection to this address. */
function handOn(address: string, localAddress = '127.0.0.1') {
  const { host, port } = sandbox.forwarded ?? { host: '', port: 0 }
  const socket = connect({ host, port, localAddress })
  socket.on('error', () => {})
  socket.write(`PROXY TCP4 172.31.0.3 ${address} 40000 25\r\n`)
  return socket
}

/** All that it says until it hangs up. */
async function heard(socket: ReturnType<typeof connect>): Promise<string> {
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk
  })
  await once(socket, 'close')
  return said
}

test('every exchanger has an address of the range, and keeps it; the first is of the name server', async () => {
  const first = await wayTo('sound', 'one')
  const second = await wayTo('no-starttls', 'one')
  expect([first.address, second.address, (await wayTo('sound', 'one')).address]).toEqual([
    '172.31.128.1',
    '172.31.128.2',
    '172.31.128.1',
  ])
  expect(await resolver.resolve4(`ns.${sandbox.address.zone}`)).toEqual(['172.31.128.0'])
  expect(sandbox.address.mx).toEqual({ port: 25 })
})

test('once all are given away, names lead to the sandbox itself', async () => {
  for (let n = 1; n <= 14; n += 1) await wayTo('sound', `n${n}`)
  expect((await wayTo('sound', 'n14')).address).toBe('172.31.128.14')
  expect((await wayTo('sound', 'n15')).address).toBe('127.0.0.1')
})

test('a session is of the exchanger whose address was called, and of the client that called', async () => {
  const { domain, exchange, address } = await wayTo('no-starttls', 'hung-up')
  const socket = handOn(address)
  socket.write('EHLO out.example\r\nQUIT\r\n')
  expect(await heard(socket)).toMatch(/^220 /)
  const [session] = await sandbox.wire.session({ domain }, { within: 5000 })
  expect(session).toMatchObject({
    personality: 'no-starttls',
    host: exchange,
    peer: '172.31.0.3:40000',
    helo: 'out.example',
  })
})

test('a message comes through by TLS, with a certificate for the exchanger that was called', async () => {
  const { domain, exchange, address } = await wayTo('sound', 'one')
  const transport = createTransport({
    ...{ host: address, name: 'out.example' },
    requireTLS: true,
    connection: handOn(address),
    tls: {
      ca: sandbox.address.ca,
      servername: '',
      checkServerIdentity: (_, { subjectaltname }) =>
        subjectaltname === `DNS:${exchange}` ? undefined : new Error(`seen ${subjectaltname}`),
    },
  })
  await transport.sendMail({ from: 'a@example.test', to: `x@${domain}`, subject: 'x', text: 'x' })
  transport.close()
  expect(sandbox.wire.deliveries({ domain })).toMatchObject([
    { host: exchange, peer: '172.31.0.3:40000', personality: 'sound' },
  ])
  expect(sandbox.wire.problems).toEqual([])
})

test('what begins without a header, or is for nobody, is dropped and told once', async () => {
  const { host, port } = sandbox.forwarded ?? { host: '', port: 0 }
  for (const _ of [1, 2]) {
    const plain = connect({ host, port })
    plain.on('error', () => {})
    plain.write('EHLO out.example\r\n')
    expect(await heard(plain)).toBe('')
  }
  expect(await heard(handOn('172.31.128.9'))).toBe('')
  expect(sandbox.wire.problems).toEqual([
    'A connection from 127.0.0.1 for mail exchangers was dropped: it did not begin with a PROXY header (version 1, TCP4).',
    'A connection from 127.0.0.1 for mail exchangers was dropped: no exchanger has the address that was called, 172.31.128.9.',
  ])
  expect(sandbox.wire.sessions({})).toEqual([])
})

test('who hangs up without a word is nobody', async () => {
  const { host, port } = sandbox.forwarded ?? { host: '', port: 0 }
  const silent = connect({ host, port })
  silent.end()
  await heard(silent)
  expect(sandbox.wire.problems).toEqual([])
})

test.skipIf(process.platform !== 'linux')(
  'a header of anybody else than the forwarder is not believed',
  async () => {
    const { address } = await wayTo('sound', 'one')
    expect(await heard(handOn(address, another))).toBe('')
    expect(sandbox.wire.sessions({})).toEqual([])
    expect(sandbox.wire.problems).toEqual([
      'A connection from 127.0.0.2 for mail exchangers was dropped: the forwarder is 127.0.0.1.',
    ])
  },
)
