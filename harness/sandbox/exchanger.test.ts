import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Delivery, Personality, Session } from '../model.ts'
import { connectSandbox } from './client.ts'
import { domainOf, recipientDomain } from './names.ts'
import { type PassingReply, passingReplies, type Stage, stages } from './passing-failures.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

describe.concurrent('nodemailer meets each personality', () => {
  const requireTLS = true
  const cases: [Personality, string, object, RegExp | null, Partial<Session>][] = [
    ['sound', 'as-is', { requireTLS }, null, { tlsFailure: null }],
    ['no-starttls', 'strict', { requireTLS }, /STARTTLS/, { tls: null }],
    ['no-starttls', 'lax', {}, null, { tls: null }],
    ['starttls-refused', 'strict', { requireTLS }, /454/, { tls: null }],
    ['starttls-refused', 'lax', { opportunisticTLS: true }, null, { tls: null }],
    ['starttls-garbage', 'strict', { requireTLS }, /wrong version|packet length|SSL/i, { tls: null }],
    ['untrusted-certificate', 'strict', { requireTLS }, /unable to verify/, {}],
    ['untrusted-certificate', 'lax', { tls: { rejectUnauthorized: false } }, null, {}],
    ['expired-certificate', 'strict', { requireTLS }, /expired/, {}],
    ['wrong-name-certificate', 'strict', { requireTLS }, /does not match/, {}],
    ['old-tls', 'strict', { requireTLS, tls: { minVersion: 'TLSv1.2' } }, /version/, { tls: null }],
    ['temporary-failure', 'as-is', { requireTLS }, /451/, {}],
  ]

  test.each(cases)('%s, %s', async (personality, label, client, error, seen) => {
    const [failure, session] = await send(personality, label, client)
    if (error) expect(failure).toMatch(error)
    else expect(failure).toBeNull()
    expect(session).toMatchObject(seen)
    const delivered = sandbox.wire.deliveries({
      domain: recipientDomain(personality, label, sandbox.address.zone),
    })
    expect(delivered).toHaveLength(error ? 0 : 1)
  })

  test('old-tls speaks TLS 1.1 with a client that does', async () => {
    const tls = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
    const [failure, session] = await send('old-tls', 'old', { requireTLS: true, tls })
    expect(failure).toBeNull()
    expect(session.tls?.version).toBe('TLSv1.1')
  })

  test('a failed handshake says why', async () => {
    const [, session] = await send('old-tls', 'why', { requireTLS: true, tls: { minVersion: 'TLSv1.2' } })
    expect(session.tlsFailure).toMatch(/UNSUPPORTED_PROTOCOL|alert/i)
  })
})

test('who does not believe the certificate is known, whether he says so or not', async () => {
  const left = (label: string) =>
    sandbox.wire.sessions({
      leftAtTls: true,
      domain: recipientDomain('sound', label, sandbox.address.zone),
    }).length
  await send('sound', 'believes', { requireTLS: true })
  expect(left('believes')).toBe(0)
  const [failure] = await send('sound', 'doubts', { requireTLS: true, tls: { ca: [] } })
  expect(failure).toMatch(/unable to|self.signed/i)
  expect(left('doubts')).toBe(1)
})

describe.concurrent('what is sent is what is recorded', () => {
  const everyByte = Buffer.from(
    Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10 && byte !== 13),
  )
  const cases: [name: string, onWire: Buffer, recorded: Buffer][] = [
    ['a lone LF dot LF ends nothing', bytes('a\n.\nb\r\n'), bytes('a\n.\nb\r\n')],
    ['a lone CR dot CR ends nothing', bytes('a\r.\rb\r\n'), bytes('a\r.\rb\r\n')],
    ['CR LF dot LF ends nothing, its dot is unstuffed', bytes('a\r\n.\nb\r\n'), bytes('a\r\n\nb\r\n')],
    ['LF dot CR LF ends nothing', bytes('a\n.\r\nb\r\n'), bytes('a\n.\r\nb\r\n')],
    ['CR CR LF stays', bytes('a\r\r\n.\r\r\nb\r\n'), bytes('a\r\r\n\r\r\nb\r\n')],
    [
      'every other byte',
      Buffer.concat([everyByte, bytes('\r\n')]),
      Buffer.concat([everyByte, bytes('\r\n')]),
    ],
    ['dots at the start of lines', bytes('..a\r\n...\r\n..\r\n'), bytes('.a\r\n..\r\n.\r\n')],
    ['nothing at all', bytes(''), bytes('')],
  ]

  test.each(cases)('%s', async (name, onWire, recorded) => {
    const whole = await converse(`whole-${name.replace(/\W/g, '')}@example.test`, [
      Buffer.concat([onWire, bytes('.\r\n')]),
    ])
    expect(Buffer.from(whole.raw)).toEqual(recorded)
    const single = [...onWire, ...bytes('.\r\n')].map((byte) => Buffer.from([byte]))
    const dripped = await converse(`dripped-${name.replace(/\W/g, '')}@example.test`, single)
    expect(Buffer.from(dripped.raw)).toEqual(recorded)
  })
})

test('plaintext behind STARTTLS is recorded and obeyed by nobody', async () => {
  const socket = connect(sandbox.address.exchangers.sound)
  const all = text(socket)
  socket.end('EHLO a\r\nSTARTTLS\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<smuggled@example.test>\r\n')
  expect(await all).toMatch(/220 2\.0\.0 Ready to start TLS\r\n$/)
  expect(sandbox.wire.sessions({ recipient: 'smuggled@example.test' })).toEqual([])
  const session = sandbox.wire
    .sessions({})
    .find(({ transcript }) => transcript.some(({ text }) => /smuggled/.test(text)))
  expect(session?.transcript.at(-1)).toMatchObject({
    text: 'RCPT TO:<smuggled@example.test>',
    encrypted: false,
  })
})

/** All that a session is answered that says this to the sound exchanger of a domain. */
async function answersTo(domain: string, said: string): Promise<string> {
  const asked = request(sandbox.address.egress, { method: 'CONNECT', path: `mx.${domain}:25` }).end()
  const [, socket, head] = (await once(asked, 'connect')) as [unknown, Socket, Buffer]
  socket.unshift(head)
  const all = text(socket)
  socket.write(said)
  return all
}

/** The codes of the replies to a session that is held as for a message to these, dot and all. */
async function replies(label: string, names: readonly string[]): Promise<string[]> {
  const domain = recipientDomain('sound', label, sandbox.address.zone)
  const rcpt = names.map((name) => `RCPT TO:<${name}@${domain}>\r\n`).join('')
  const mail = `DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n`
  const all = await answersTo(domain, `EHLO a\r\nMAIL FROM:<a@b.test>\r\n${rcpt}${mail}`)
  return all.split('\r\n').flatMap((line) => /^(\d{3}) /.exec(line)?.[1] ?? [])
}

const whole = ['220', '250', '250', '250', '250', '354', '250', '221']

test.each(stages.flatMap((stage) => passingReplies.map((reply): [Stage, PassingReply] => [stage, reply])))(
  'one session meets what passes, and the next one does not: at %s, %s',
  async (stage, reply) => {
    const { failOnce, met } = connectSandbox(sandbox.address).wire
    const label = `${stage}-${reply}`.toLowerCase().replaceAll(' ', '-')
    const to = `Busy@${recipientDomain('sound', label, sandbox.address.zone)}`
    await failOnce(to, { stage, reply })
    await expect(met(to, { within: 1 })).rejects.toMatchObject({ name: 'NotSeen' })
    const first = await replies(label, ['other', 'busy'])
    await met(to, { within: 1 })
    // RCPT for the other one comes before.
    const at = { greeting: 0, EHLO: 1, MAIL: 2, RCPT: 4, DATA: 5, 'end of data': 6 }[stage]
    const over = reply === 'drop' || reply === '421' || stage === 'greeting'
    expect(first.slice(0, at)).toEqual(whole.slice(0, at))
    expect(first.slice(at, at + 1)).toEqual(reply === 'drop' ? [] : [reply])
    expect(first.at(-1) === '221').toBe(!over)
    const kept = stage === 'RCPT' && !over ? 1 : 0
    expect(sandbox.wire.deliveries({ domain: domainOf(to) })).toHaveLength(kept)
    expect(await replies(label, ['other', 'busy'])).toEqual(whole)
  },
)

test('who says EHLO again, or HELO instead, is told the same again in that session', async () => {
  const to = `x@${recipientDomain('sound', 'stubborn', sandbox.address.zone)}`
  sandbox.wire.failures.failOnce(to, { stage: 'EHLO', reply: '450' })
  const all = await answersTo(domainOf(to), 'EHLO a\r\nEHLO a\r\nHELO a\r\nQUIT\r\n')
  expect(all.match(/^\d{3}/gm)).toEqual(['220', '450', '450', '450', '221'])
})

test('mail for others at the same exchanger meets nothing', async () => {
  const to = `x@${recipientDomain('sound', 'aside', sandbox.address.zone)}`
  for (const stage of ['RCPT', 'end of data'] as const)
    sandbox.wire.failures.failOnce(to, { stage, reply: '450' })
  expect(await replies('aside', ['a', 'b'])).toEqual(whole)
})

test('pipelined commands, a line break in a path, and a line that is too long', async () => {
  const socket = connect(sandbox.address.exchangers.sound)
  const all = text(socket)
  socket.write('EHLO a\r\nMAIL FROM:<a@b.test> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<x\nRCPT TO:<y@b.test>\r\n')
  socket.write(`RSET\r\nMAIL FROM:<a@b.test> SIZE=99999999\r\nNOOP ${'x'.repeat(5000)}\r\n`)
  const replies = (await all).split('\r\n').filter((line) => /^\d{3} /.test(line))
  expect(replies.map((line) => line.slice(0, 3))).toEqual(['220', '250', '250', '501', '250', '552', '500'])
})

test('a message without an end is cut off and told of', async () => {
  const own = await startSandbox()
  try {
    const socket = connect(own.address.exchangers.sound)
    const all = text(socket)
    socket.write('EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@b.test>\r\nDATA\r\n\r\n')
    const flood = new Readable({
      read() {
        this.push(`${'x'.repeat(70)}\r\n`.repeat(900))
      },
    })
    flood.on('error', () => {}).pipe(socket.on('error', () => {}))
    expect(await all).toMatch(/\r\n354 [^\r]*\r\n$/)
    expect(own.wire.deliveries({})).toEqual([])
    expect(own.wire.problems).toEqual([
      'A message without an end, of far more than 10485760 bytes, was cut off.',
    ])
  } finally {
    await own.close()
  }
})

test('a header of megabytes is refused and told of, so that nothing is said of what it may have held', async () => {
  const own = await startSandbox()
  try {
    const socket = connect(own.address.exchangers.sound)
    const all = text(socket)
    socket.write('EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@b.test>\r\nDATA\r\n')
    socket.write(`X-Long: ${'x'.repeat(2 ** 20)}\r\n\r\nHello\r\n.\r\nQUIT\r\n`)
    expect(await all).toMatch(/\r\n552 5\.3\.4 Header too big\r\n221 /)
    expect(own.wire.deliveries({})).toEqual([])
    expect(own.wire.problems).toEqual([
      'A message with a header of more than 1048576 bytes was refused with 552.',
    ])
  } finally {
    await own.close()
  }
})

async function send(
  personality: Personality,
  label: string,
  client: object,
): Promise<[string | null, Session]> {
  const domain = recipientDomain(personality, label, sandbox.address.zone)
  const host = `mx.${domain}`
  const transport = createTransport({
    host,
    port: 25,
    proxy: sandbox.address.egress,
    ...client,
    tls: { ca: sandbox.address.ca, servername: host, ...('tls' in client ? (client.tls as object) : {}) },
  })
  const ended = sandbox.wire.session({ host }, { within: 5000 })
  const message = { from: 'a@example.test', to: `x@${domain}`, subject: 'x', text: 'x' }
  const failure = await transport.sendMail(message).then(
    () => null,
    (error: Error) => error.message,
  )
  transport.close()
  const [session] = await ended
  if (!session) throw new Error('The wait resolved with nothing.')
  return [failure, session]
}

/** Sends `parts` as message content, one write each. */
async function converse(to: string, parts: readonly Buffer[]): Promise<Delivery> {
  const socket = connect(sandbox.address.exchangers.sound)
  socket.setNoDelay(true)
  const all = text(socket)
  const arrival = sandbox.wire.arrival({ to }, { within: 5000 })
  socket.write(`HELO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<${to}>\r\nDATA\r\n`)
  for (const part of parts) socket.write(part)
  socket.write('QUIT\r\n')
  expect(await all).toMatch(/221 2\.0\.0 Bye\r\n$/)
  const [delivery] = await arrival
  if (!delivery) throw new Error('The wait resolved with nothing.')
  return delivery
}

function bytes(latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1')
}

async function text(socket: Socket): Promise<string> {
  let all = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    all += chunk
  })
  await once(
    socket.on('error', () => {}),
    'close',
  ).catch(() => {})
  return all
}
