import { expect, test } from 'vitest'
import type { Api } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { keyHolders } from './key-holders.ts'
import { usedAsPasswords } from './scope-cells.ts'

const profile = {
  principals: {
    admin: { tenant: 'acme' },
    sender: { tenant: 'acme', scopes: ['send'] },
    reader: { tenant: 'acme', scopes: ['read'] },
  },
  operations: {
    'message.send': { name: 'message.send', kind: 'message', sends: true },
    'contact.list': { name: 'contact.list', kind: 'contact', sends: false },
  },
  scopes: { send: ['message.send'], read: ['contact.list'] },
}

/** A submission service that lets in whoever shows one of these keys. */
async function judged(opens: readonly string[], own = 'key-of-sender') {
  const sent: string[] = []
  const arrivedFor = (to?: string) =>
    sent
      .filter((each) => each === to)
      .map(
        (each) =>
          ({ id: each, envelope: { from: '', to: [each] }, raw: Buffer.from('') }) as unknown as Delivery,
      )
  const { judge, basis } = sampleKit({
    profile,
    submission: {
      ports: [{}] as never,
      ...{ user: 'apikey', secret: own },
      signIn: async (secret = '') => ({
        exchange: {
          ...sampleExchange(opens.includes(secret) ? 'accepted' : 'refused', {
            operation: 'submission.authenticate',
          }),
        },
        async send({ to }) {
          sent.push(String(to[0]))
          return sampleExchange('accepted', { operation: 'submission.send' })
        },
        close: () => {},
      }),
    },
    wire: {
      deliveries: async ({ to } = {}) => arrivedFor(to),
    },
  })
  const result = await judge(async (kit) => {
    const credential = async (name: string) => ({ token: `Bearer key-of-${name}` })
    const api = { ...kit.api, credential } as unknown as Api
    const parts = usedAsPasswords({ ...kit, api }, keyHolders(kit))
    kit.verify.held(true, 'ground')
    await kit.verify.each(parts, (part) => part.judge())
  })
  return { ...result, access: basis(1).access }
}

const cell = (principal: string, permission: string, more: object) => ({
  ...{ principal, operation: 'message.send', channel: 'SMTP', permission, ...more },
})

test('a key submits where it sends, and one that may not send does not', async () => {
  const { verdict, access } = await judged(['key-of-sender'])
  expect(verdict).toBe('pass')
  expect(access).toEqual([
    cell('sender', 'allowed', { state: 'held', seen: 'accepted' }),
    cell('reader', 'refused', { state: 'held', seen: 'refused' }),
  ])
})

test('a key that may not send and submits all the same is found', async () => {
  const { findings, access } = await judged(['key-of-sender', 'key-of-reader'])
  expect(findings.map(({ variant, severity }) => [variant, severity])).toEqual([
    ['(read) as the password of submission', 'high'],
  ])
  expect(access[1]).toEqual(cell('reader', 'refused', { state: 'violated', seen: 'accepted' }))
})

test('a key that may send and is refused where the profile submits by it is a low finding', async () => {
  const { findings } = await judged([])
  expect(findings.map(({ variant, severity }) => [variant, severity])).toEqual([
    ['(send) as the password of submission', 'low'],
  ])
})

test('where keys are no passwords nothing is said', async () => {
  const { variants, access } = await judged([], 'a-password-of-its-own')
  expect(variants.map(({ state }) => state)).toEqual(['not-applicable', 'not-applicable'])
  expect(access).toEqual([])
})
