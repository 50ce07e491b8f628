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

test('a line to repeat a guess names a variable that stands for it, also where the guess begins with a digit', async () => {
  const server = createTlsServer(await selfSigned(-1, 1), (socket) => {
    socket.on('error', () => {}).write('220 smtp.test\r\n')
    socket.on('data', (line) => socket.write(/^AUTH/.test(String(line)) ? '535 no\r\n' : '250 here\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const submission = at(port)
  const lines: (string | null)[] = []
  for (const secret of ['7guess', 'sesame']) {
    const { exchange, close } = await submission.signIn(secret)
    lines.push(submission.reproduce(exchange))
    close()
  }
  expect(lines.map((line) => /--auth-password (\S+)/.exec(line ?? '')?.[1])).toEqual([
    '"$GUESS"',
    '"$SECRET"',
  ])
  server.close()
})
