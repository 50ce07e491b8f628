import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import type { Account } from './accounts.ts'
import { isTold, keyOfSomebody } from './makers-of-keys.ts'

const maker: Account = { id: 'u1', email: 'maker@inbox.sound.test', password: 'right' }
const told = { operation: 'key.revoke', of: 'that it was used', within: 1 } as const
const link = 'https://shop.test/reset?token=9aB8cD7eF6gH5iJ4kL3mN2oP1qR0sT'

/** What is said of a target that mails whoever made a key, or does not, and mails links for new passwords, or does not. */
async function judged({ tells = true, resets = true, hasResets = true } = {}) {
  const mails: Delivery[] = []
  const mailed = (text: string) => {
    const raw = Buffer.from(`Subject: a key\r\n\r\n${text}\r\n`)
    mails.push({
      id: `d${mails.length}`,
      raw,
      envelope: { from: '', to: [maker.email] },
    } as unknown as Delivery)
  }
  const { kit, judge } = sampleKit({
    has: (operation) => hasResets || !operation.startsWith('password.'),
    call(operation) {
      if (operation === 'password.forgot' && resets) mailed(link)
      return sampleExchange('accepted', { operation })
    },
    wire: { arrival: async () => mails, deliveries: async () => mails },
  })
  Object.assign(kit.api, { conceal() {} })
  const reach = { take: async () => {} } as unknown as typeof kit.reach
  const { verdict, findings } = await judge(async () =>
    isTold(
      { ...kit, reach },
      maker,
      async () => {
        kit.verify.held(true, 'it was revoked')
        if (tells) mailed('Somebody used your key.')
        return sampleExchange('accepted', { operation: 'key.revoke' })
      },
      told,
    ),
  )
  return { verdict, found: findings.map(({ severity, operation }) => `${operation}: ${severity}`) }
}

test('who made a key and is told is sound, and who is not is found where other mail comes to them', async () => {
  expect(await judged()).toEqual({ verdict: 'pass', found: [] })
  expect(await judged({ tells: false })).toEqual({ verdict: 'fail', found: ['key.revoke: medium'] })
})

test('where no mail of the target comes at all, nothing is said', async () => {
  expect(await judged({ tells: false, resets: false })).toEqual({ verdict: 'unproven', found: [] })
  expect(await judged({ tells: false, hasResets: false })).toEqual({ verdict: 'unproven', found: [] })
})

test('somebody new makes a key, of the role of the owner', async () => {
  const asked: [string, unknown, unknown][] = []
  const { kit } = sampleKit({
    profile: {
      principals: { admin: { role: 'Admin', session: { input: { email: 'a@own.test', password: 'p' } } } },
    },
    call(operation, { role }, as) {
      asked.push([operation, role, typeof as])
      return sampleExchange('accepted', {
        operation,
        result: { id: 'i', secret: 's', token: 'session-of-maker' },
      })
    },
  })
  Object.assign(kit.api, { conceal() {} })
  const { key, maker } = await keyOfSomebody(kit, 'a key')
  expect([key.id, maker.email.startsWith('maker-')]).toEqual(['i', true])
  expect(asked[0]).toEqual(['user.create', 'Admin', 'undefined'])
  expect(asked.at(-1)).toEqual(['key.create', undefined, 'object'])
})
