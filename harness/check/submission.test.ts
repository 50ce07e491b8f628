import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, test } from 'vitest'
import { createMailing } from '../api/mailing.ts'
import type { Reach } from '../api/reach.ts'
import type { Profile } from '../profile/profile.ts'
import { selfSigned } from '../sandbox/self-signed.ts'
import { createSubmission } from './submission.ts'

const reach = { endpoint() {}, async take() {} } as unknown as Reach

function at(port: number, silent = () => {}) {
  const profile = {
    target: { timeout: 5 },
    mail: { submission: { host: '127.0.0.1', implicit: port, username: 'us', secret: 'sesame' } },
  } as unknown as Profile
  const redact = (text: string) => text.replace('sesame', '$SECRET')
  return createSubmission({
    ...{ profile, reach, ca: '', redact, noted() {}, mailing: createMailing(), silent },
  })
}

test('a submission service that takes no connection is told to whoever watches whether the target is there', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  let silences = 0
  await expect(at(port, () => void silences++).signIn()).rejects.toThrow(/to answer, saw ECONNREFUSED/)
  expect(silences).toBe(1)
})

test('a line to repeat a guess holds it as it is, and a secret of the profile by its variable', async () => {
  const server = createTlsServer(await selfSigned(-1, 1), (socket) => {
    socket.on('error', () => {}).write('220 smtp.test\r\n')
    socket.on('data', (line) => socket.write(/^AUTH/.test(String(line)) ? '535 no\r\n' : '250 here\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const submission = at(port)
  const lines: (string | undefined)[] = []
  for (const secret of ['7guess', 'sesame']) {
    const { exchange, close } = await submission.signIn(secret)
    lines.push(submission.reproduce(exchange)?.line)
    close()
  }
  expect(lines.map((line) => / -u (\S+) /.exec(line ?? '')?.[1])).toEqual(['us:7guess', `'us:'"$SECRET"`])
  server.close()
})

test.each([
  ['250-smtp.test\r\n250 AUTH LOGIN PLAIN\r\n', ['AUTH PLAIN']],
  ['250-smtp.test\r\n250 AUTH LOGIN XOAUTH2\r\n', ['AUTH LOGIN']],
  ['250-smtp.test\r\n250 AUTH CRAM-MD5\r\n', ['AUTH CRAM-MD5']],
  ['250 smtp.test\r\n', ['AUTH PLAIN']],
])('who signs in uses a mechanism that is offered: %j', async (offer, expected) => {
  const asked: string[] = []
  const server = createTlsServer(await selfSigned(-1, 1), (socket) => {
    socket.on('error', () => {}).write('220 smtp.test\r\n')
    socket.on('data', (line) => {
      const [command] = /^AUTH \S+/.exec(String(line)) ?? []
      if (command !== undefined) asked.push(command.trim())
      socket.write(command === undefined ? offer : '535 no\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { close } = await at((server.address() as AddressInfo).port).signIn()
  close()
  expect(asked).toEqual(expected)
  server.close()
})

const mail = { from: 'a@shop.test', to: ['b@inbox.test', 'c@inbox.test'], raw: 'Subject: x\r\n\r\nHello\r\n' }

test('whoever names another to act for does so by the mechanism that was asked for, and its line as well', async () => {
  const asked: string[] = []
  const server = createTlsServer(await selfSigned(-1, 1), (socket) => {
    socket.on('error', () => {}).write('220 smtp.test\r\n')
    socket.on('data', (line) => {
      const [, initial] = /^AUTH PLAIN (\S+)/.exec(String(line)) ?? []
      if (initial !== undefined) asked.push(Buffer.from(initial, 'base64').toString())
      socket.write(initial === undefined ? '250-smtp.test\r\n250 AUTH LOGIN\r\n' : '535 no\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const submission = at((server.address() as AddressInfo).port)
  const named = { mechanism: 'PLAIN', authzid: 'ann@b.test' } as const
  const { exchange, close } = await submission.signIn('7guess', named)
  close()
  expect(asked).toEqual(['ann@b.test\0us\x007guess'])
  expect(submission.reproduce(exchange)?.line).toContain('--sasl-authzid ann@b.test')
  server.close()
})

test('leave for a message is taken before its session is opened, since servers hang up on whoever waits in it, and given back where none is', async () => {
  const taken: string[] = []
  const leave = Promise.withResolvers<void>()
  const waiting = {
    recipients: () => mail.to,
    take: async (what: string, count: number) => {
      taken.push(`${what} ${count}`)
      if (what === 'mail') await leave.promise
    },
    unsent: async (count: number) => void taken.push(`unsent ${count}`),
    endpoint() {
      throw new Error('no such port')
    },
  } as unknown as Reach
  const profile = {
    target: { timeout: 5 },
    mail: { submission: { host: '127.0.0.1', implicit: 1, username: 'api', secret: 'hunter2hunter2' } },
  } as unknown as Profile
  const submission = createSubmission({
    ...{
      profile,
      reach: waiting,
      ca: '',
      redact: (text: string) => text,
      noted() {},
      mailing: createMailing(),
    },
  })
  const session = submission.signIn(undefined, { first: mail })
  session.catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toEqual(['mail 2'])
  leave.resolve()
  await expect(session).rejects.toThrow('no such port')
  expect(taken).toEqual(['mail 2', 'unsent 2'])
})
