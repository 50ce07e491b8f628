import { expect, test } from 'vitest'
import type { Reach } from '../api/reach.ts'
import type { Profile } from '../profile/shape.ts'
import { createSubmission } from './submission.ts'

const mail = { from: 'a@shop.test', to: ['b@inbox.test', 'c@inbox.test'], raw: 'Subject: x\r\n\r\nHello\r\n' }

test('leave for a message is taken before its session is opened, since servers hang up on whoever waits in it, and given back where none is', async () => {
  const taken: string[] = []
  const leave = Promise.withResolvers<void>()
  const reach = {
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
    ...{ profile, reach, ca: '', redact: (text: string) => text, noted: () => {} },
    mailing: { accepted() {} } as unknown as Parameters<typeof createSubmission>[0]['mailing'],
  })
  const session = submission.signIn(undefined, { first: mail })
  session.catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toEqual(['mail 2'])
  leave.resolve()
  await expect(session).rejects.toThrow('no such port')
  expect(taken).toEqual(['mail 2', 'unsent 2'])
})
