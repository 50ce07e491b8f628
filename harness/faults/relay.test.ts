import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { startSandbox } from '../sandbox/sandbox.ts'
import { mailFaults } from './mails.ts'
import { type HandOver, soundly, startRelay } from './relay.ts'

/** What the exchanger has of a message that went by way of a relay. */
async function relayed(handOver: HandOver, text: string) {
  const sandbox = await startSandbox()
  const relay = await startRelay(sandbox.address.exchangers.sound.port, handOver)
  try {
    const to = `someone@inbox.sound.${sandbox.address.zone}`
    const arrival = sandbox.wire.arrival({ to }, { within: 20_000 })
    await createTransport({ host: '127.0.0.1', port: relay.port, ignoreTLS: true }).sendMail({
      from: 'a@b.test',
      to,
      text,
    })
    return (await arrival).map(({ raw }) => Buffer.from(raw).toString('latin1'))
  } finally {
    await relay.close()
    await sandbox.close()
  }
}

test('a relay without a fault hands on what it got, dots and all', async () => {
  const [raw] = await relayed(soundly, '.hidden\n..\nend')
  expect(raw).toMatch(/\r\n\r\n\.hidden\r\n\.\.\r\nend\r\n$/)
})

for (const name of ['DATA that never ends', 'a thousand sessions at once', 'garbage for TLS'])
  test(`${name}: the message beside it arrives`, async () => {
    const [raw] = await relayed(mailFaults[name] ?? soundly, 'hello')
    expect(raw).toMatch(/hello\r\n$/)
  })
