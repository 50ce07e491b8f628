import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Personality, personalities } from '../model.ts'
import { recipientDomain } from './names.ts'
import { startOwnAddresses } from './own-addresses.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
const resolver = new Resolver({ timeout: 2000, tries: 1 })

beforeAll(async () => {
  sandbox = await startSandbox()
  resolver.setServers([`${sandbox.address.dns.host}:${sandbox.address.dns.port}`])
})
afterAll(() => sandbox.close())

/** Elsewhere than on Linux there may be one address alone. */
const testAddresses = process.platform === 'linux' ? test : test.skip

/** Where mail for a domain goes by DNS alone. */
async function wayTo(personality: Personality, label: string) {
  const domain = recipientDomain(personality, label, sandbox.address.zone)
  const [{ exchange = '' } = {}] = await resolver.resolveMx(domain)
  const [address = ''] = await resolver.resolve4(exchange)
  return { domain, exchange, address, port: sandbox.address.mx?.port ?? 0 }
}

testAddresses('every exchanger has an address of its own, and keeps it', async () => {
  const ways = await Promise.all(
    [...personalities, ...personalities].map((personality, n) =>
      wayTo(personality, n < personalities.length ? 'one' : 'other'),
    ),
  )
  const addresses = ways.map(({ address }) => address)
  expect(new Set(addresses).size).toBe(2 * personalities.length)
  expect(addresses.filter((address) => !address.startsWith('127.'))).toEqual([])
  expect((await wayTo('sound', 'one')).address).toBe(addresses[0])
})

testAddresses('who connects and leaves without RCPT or SNI is known by the address', async () => {
  const { domain, exchange, address, port } = await wayTo('no-starttls', 'hung-up')
  const socket = connect(port, address)
  socket.write('EHLO out.example\r\nQUIT\r\n')
  await once(socket.resume(), 'end')
  socket.destroy()
  const [session] = await sandbox.wire.session({ domain }, { within: 5000 })
  expect(session).toMatchObject({
    personality: 'no-starttls',
    host: exchange,
    helo: 'out.example',
    tls: null,
  })
})

testAddresses.for<[Personality, RegExp | null]>([
  ['sound', null],
  ['untrusted-certificate', /unable to verify/],
  ['wrong-name-certificate', /does not match/],
])(
  'who sends no SNI meets a certificate with the name of the exchanger: %s',
  async ([personality, error]) => {
    const { domain, exchange, address, port } = await wayTo(personality, 'no-sni')
    const session = sandbox.wire.session({ domain }, { within: 5000 })
    const transport = createTransport({
      ...{ host: address, port, name: 'out.example', requireTLS: true },
      tls: {
        ca: sandbox.address.ca,
        servername: '',
        checkServerIdentity: (_, { subjectaltname }) =>
          subjectaltname === `DNS:${exchange}` ? undefined : new Error(`${subjectaltname} does not match`),
      },
    })
    const failure = await transport
      .sendMail({ from: 'a@example.test', to: `x@${domain}`, subject: 'x', text: 'x' })
      .then(
        () => null,
        ({ message }: Error) => message,
      )
    transport.close()
    if (error === null) expect(failure).toBeNull()
    else expect(failure).toMatch(error)
    expect(await session).toMatchObject([{ host: exchange, personality }])
    expect(sandbox.wire.deliveries({ domain })).toHaveLength(error === null ? 1 : 0)
  },
)

testAddresses('another name in SNI changes nothing about who was met', async () => {
  const { domain, exchange, address, port } = await wayTo('sound', 'with-sni')
  const tls = { ca: sandbox.address.ca, servername: domain }
  const transport = createTransport({ host: address, port, name: 'out.example', requireTLS: true, tls })
  await transport.sendMail({ from: 'a@example.test', to: `x@${domain}`, subject: 'x', text: 'x' })
  transport.close()
  expect(sandbox.wire.deliveries({ domain })).toMatchObject([{ host: exchange, tls: { serverName: domain } }])
})

testAddresses('two sandboxes have no address in common', async () => {
  const other = await startSandbox()
  const second = new Resolver()
  second.setServers([`${other.address.dns.host}:${other.address.dns.port}`])
  const [address] = await second.resolve4(`mx.inbox.sound.${other.address.zone}`)
  await other.close()
  expect(address).not.toBe((await wayTo('sound', 'inbox')).address)
})

test('where there is one address alone, nothing is bound and the egress tells exchangers apart', async () => {
  const elsewhere = () => {
    throw Object.assign(new Error(), { code: 'EADDRNOTAVAIL' })
  }
  expect(await startOwnAddresses({ serve: elsewhere, first: 'mx' })).toBeNull()
  const seenElsewhere = await startSandbox({ seenAs: 'host.docker.internal' })
  await seenElsewhere.close()
  expect(seenElsewhere.address.mx).toBeNull()
})

test('a port that may not be had is an error, where it must be', async () => {
  const denied = () => {
    throw Object.assign(new Error('denied'), { code: 'EACCES' })
  }
  await expect(startOwnAddresses({ serve: denied, first: 'mx', port: 25 })).rejects.toThrow('denied')
})
