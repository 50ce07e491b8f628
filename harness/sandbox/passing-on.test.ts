import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import type { Delivery } from '../model.ts'
import { createPassingOn } from './passing-on.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Answer = (raw: string) => number | null

/** A mailbox that answers each message with a code, or takes it; what it took. */
async function mailbox(answer: Answer) {
  const taken: string[] = []
  const options: SMTPServerOptions = {
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      stream
        .setEncoding('latin1')
        .toArray()
        .then((chunks) => {
          const raw = chunks.join('')
          const code = answer(raw)
          if (code === null) taken.push(raw)
          done(
            code === null ? null : Object.assign(new Error('Unable to process mail'), { responseCode: code }),
          )
        }, done)
    },
  }
  const server = new SMTPServer(options)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.server.address() as AddressInfo
  const passingOn = createPassingOn({ host: '127.0.0.1', port })
  closing.push(async () => passingOn.close())
  return { taken, passingOn }
}

function delivery(id: string, raw: string): Delivery {
  const facts = { session: 's', personality: 'sound', host: null, peer: 'p', helo: 'h', tls: null } as const
  return { ...facts, id, envelope: { from: '', to: ['a@b.test'] }, raw: Buffer.from(raw), receivedAt: 0 }
}

test('one message that the mailbox cannot read is a problem, and the next ones still reach it', async () => {
  const { taken, passingOn } = await mailbox((raw) => (raw.startsWith('Subject:') ? null : 451))
  passingOn.pass(delivery('odd', 'no header\r\n'))
  passingOn.pass(delivery('plain', 'Subject: plain\r\n\r\n'))
  expect(await passingOn.refusal()).toBeNull()
  expect(passingOn.problems).toEqual([expect.stringContaining('odd did not reach the mailbox')])
  expect(taken.at(-1)).toBe('Subject: plain\r\n\r\n')
})

test('a mailbox without room for a message of that size is said to take no more', async () => {
  let room = 2000
  const { taken, passingOn } = await mailbox((raw) => {
    if (raw.length > room) return 452
    room -= raw.length
    return null
  })
  const large = delivery('large', `Subject: large\r\n\r\n${'x'.repeat(900)}\r\n`)
  for (let n = 0; n < 5; n++) passingOn.pass(large)
  expect(await passingOn.refusal()).toMatch(/452 Unable to process mail/)
  expect(taken).toHaveLength(2)
  expect(passingOn.problems).toHaveLength(1)
})

test('a mailbox that is gone is told of by what the connection said', async () => {
  const gone = createPassingOn({ host: '127.0.0.1', port: 1 })
  gone.pass(delivery('any', 'Subject: any\r\n\r\n'))
  expect(await gone.refusal()).toMatch(/ECONNREFUSED/)
  gone.close()
})
