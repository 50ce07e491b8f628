import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCertificates } from '../sandbox/certificates.ts'
import { connectSmtp } from './smtp.ts'
import type { SaslMechanism } from './smtp-auth.ts'

const closing: (() => void)[] = []
const received: Buffer[] = []
let pair: { key: string; cert: string }
let ca: string

beforeAll(async () => {
  const certificates = await createCertificates('zone.test')
  pair = await certificates.issue(['smtp.zone.test', '127.0.0.1'])
  ca = certificates.ca
})
afterAll(() => closing.map((close) => close()))

async function listen(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca }
}

function smtpServer(options: SMTPServerOptions = {}) {
  const server = new SMTPServer({
    ...pair,
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
    onAuth({ method, username, password, accessToken, validatePassword }, _session, done) {
      const right = method === 'CRAM-MD5' ? validatePassword('pa55') : (password ?? accessToken) === 'pa55'
      done(null, right && username === 'ann' ? { user: 'ann' } : { message: '5.7.8 no' })
    },
    onData(stream, _session, done) {
      stream.toArray().then((chunks) => {
        received.push(Buffer.concat(chunks))
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  return listen(server.server)
}

test('AUTH is refused in clear text and works after STARTTLS; the transcript holds no credentials', async () => {
  const client = await connectSmtp({ ...(await smtpServer()), serverName: 'smtp.zone.test' })
  await client.ehlo()
  expect(client.capabilities.has('STARTTLS')).toBe(true)
  expect((await client.auth('PLAIN', 'ann', 'pa55')).code).toBe(538)
  expect(await client.starttls()).toMatchObject({
    version: 'TLSv1.3',
    serverName: 'smtp.zone.test',
    begun: 'starttls',
  })
  expect(client.capabilities.size).toBe(0)
  await client.ehlo()
  expect(client.capabilities.get('AUTH')).toEqual(['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'])
  expect((await client.auth('PLAIN', 'ann', 'pa55')).code).toBe(235)
  client.close()

  const clear = client.transcript.filter(({ encrypted }) => !encrypted).map(({ text }) => text)
  expect(clear).toContain('AUTH PLAIN <credentials>')
  expect(clear.at(-1)).toMatch(/^220/)
  expect(JSON.stringify(client.transcript)).not.toMatch(/pa55|AGFubgBwYTU1/)
})

test.each(['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'] satisfies SaslMechanism[])(
  '%s: right and wrong secrets',
  async (mechanism) => {
    const client = await connectSmtp({ ...(await smtpServer({ secure: true })), implicit: true })
    expect(client.tls).toMatchObject({ begun: 'implicit', serverName: null })
    await client.ehlo()
    expect((await client.auth(mechanism, 'ann', 'wrong')).code).toBe(535)
    expect((await client.auth(mechanism, 'ann', 'pa55')).code).toBe(235)
    client.close()
  },
)

test('a message arrives byte for byte, dots and all', async () => {
  const client = await connectSmtp(await smtpServer({ authOptional: true }))
  await client.ehlo()
  const raw = Buffer.from('Subject: a\r\n\r\n.\r\n..two\r\nbare\nlf .\xe4\r\n', 'latin1')
  expect((await client.sendMail({ from: '', to: ['b@zone.test'], raw })).code).toBe(250)
  expect(received.at(-1)?.equals(raw)).toBe(true)
  // Pipelined bytes are answered one by one.
  client.send('NOOP\r\nRSET\r\n')
  expect([(await client.reply()).code, (await client.reply()).code]).toEqual([250, 250])
  client.close()
})

test('bad certificates end the session unless it is to go on', async () => {
  const endpoint = { ...(await smtpServer({ secure: true })), implicit: true, serverName: 'other.test' }
  await expect(connectSmtp(endpoint)).rejects.toMatchObject({ name: 'SmtpFailure', kind: 'tls' })
  const client = await connectSmtp({ ...endpoint, verify: false })
  expect(client.certificateError).toMatch(/ALTNAME/)
  client.close()
})

test('a server that hangs up answers 0; one that is silent, none at all and nonsense are failures', async () => {
  const [hangsUp, silent, nonsense] = await Promise.all(
    [
      createServer((socket) => {
        socket.on('error', () => {}).write('220-two\r\n220 lines\r\n')
        socket.once('data', () => socket.end())
      }),
      createServer((socket) => socket.on('error', () => {})),
      createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400\r\n')),
    ].map(listen),
  )
  if (!hangsUp || !silent || !nonsense) throw new Error('three servers expected')
  const client = await connectSmtp(hangsUp)
  expect(client.greeting).toEqual({ code: 220, enhanced: null, lines: ['two', 'lines'] })
  expect((await client.say('NOOP')).code).toBe(0)
  client.close()
  await expect(connectSmtp({ ...silent, within: 100 })).rejects.toMatchObject({ kind: 'timeout' })
  await expect(connectSmtp(nonsense)).rejects.toMatchObject({ kind: 'malformed' })
  await expect(connectSmtp({ host: '127.0.0.1', port: 1 })).rejects.toMatchObject({ kind: 'unreachable' })
})

/** The first connection there, in its own words. */
async function hostile(says: (socket: Socket) => void) {
  const server = createServer((socket) => says(socket.on('error', () => {})))
  const met = once(server, 'connection').then(([socket]) => socket as Socket)
  return { place: await listen(server), met }
}

/** Until the peer is gone. */
async function flooded(socket: Socket, piece: string) {
  const gone = new Promise((resolve) => socket.once('close', resolve))
  while (!socket.destroyed) {
    const drained = new Promise((resolve) => socket.once('drain', resolve))
    if (!socket.write(piece)) await Promise.race([drained, gone])
  }
}

test('a reply without an end is cut off', async () => {
  const { place, met } = await hostile((socket) => socket.write('220 hello\r\n'))
  const client = await connectSmtp(place)
  const reply = client.ehlo()
  const flood = met.then((socket) => flooded(socket, '250-X-MORE\r\n'.repeat(1000)))
  await expect(reply).rejects.toThrow('saw more than 65536 bytes without its end')
  await flood
})

test('a server that stops speaking TLS within TLS is cut off', async () => {
  const { place, met } = await hostile((socket) => {
    const stream = new TLSSocket(socket, { isServer: true, ...pair })
    stream.on('error', () => {}).write('220 hello\r\n')
  })
  const client = await connectSmtp({ ...place, implicit: true, serverName: 'smtp.zone.test' })
  const reply = client.ehlo()
  // Under TLS: what stands above it is not asked.
  const flood = met.then((socket) => flooded(socket, 'no TLS\r\n'.repeat(1000)))
  expect((await reply).code).toBe(0)
  await flood
})
