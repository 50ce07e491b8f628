import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { expect, test } from 'vitest'
import type { Reach } from '../api/reach.ts'
import type { Profile } from '../profile/profile.ts'
import { createInbound } from './inbound.ts'
import type { Saw } from './saw.ts'

const reach = { endpoint() {}, async take() {} } as unknown as Reach
const message = { from: '', to: ['bounce+1@b.test'], raw: 'Subject: x\r\n\r\nHello\r\n' }

/** What of a message is handed over, and shown. */
async function handed(refused: boolean) {
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true },
    onRcptTo: (_address, _session, done) =>
      done(refused ? Object.assign(new Error('no'), { responseCode: 550 }) : null),
    onData: (stream, _session, done) => void stream.resume().on('end', () => done()),
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const profile = {
    target: { timeout: 5 },
    mail: { inbound: { host: '127.0.0.1', port } },
  } as unknown as Profile
  const makes: unknown[] = []
  const api = {
    causing: async (made: unknown, ask: () => Promise<never>) => {
      makes.push(made)
      return ask()
    },
  }
  const talks: unknown[][] = []
  const saw = { talked: (...told: unknown[]) => void talks.push(told) } as unknown as Saw
  const { exchange, show } = await createInbound({ api, profile, reach, ca: '', saw }).hand(message, [
    { operation: 'suppression.create', input: { email: 'a@in.test' } },
  ])
  show()
  server.close()
  const [[session, line]] = talks as [[{ transcript: { text: string }[] }, string]]
  return { exchange, makes, lines: session.transcript.map(({ text }) => text), line }
}

test('a message is handed over as it is, and shown whole with the line that repeats it', async () => {
  const { exchange, lines, line, makes } = await handed(false)
  expect(exchange).toMatchObject({ operation: 'inbound.send', answer: 'accepted' })
  expect(lines).toEqual(expect.arrayContaining(['MAIL FROM:<>', 'RCPT TO:<bounce+1@b.test>', 'Hello']))
  expect(line).toMatch(/^\{ .*bounce\+1@b\.test.*\} \| curl -sS telnet:\/\/127\.0\.0\.1:\d+$/s)
  expect(makes).toEqual([[{ operation: 'suppression.create', input: { email: 'a@in.test' } }]])
})

test('of one that is refused, no more than what was said', async () => {
  const { exchange, lines } = await handed(true)
  expect(exchange.answer).toBe('refused')
  expect(lines).not.toContain('Hello')
})
