import { expect, test } from 'vitest'
import type { Api, As } from '../api/api.ts'
import { bearerCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { channelsOpenedBy, makeKey, openingScopes } from './key-channels.ts'

const read = {
  ...{ name: 'contact.list', kind: 'contact', effect: 'read', object: null, caller: null, as: 'admin' },
  ...{ path: '/', inputs: new Set(), example: {} },
}
const unseen = { target: { url: 'https://api.test' }, mail: { from: 'a@b.test', delivery: { within: 1 } } }

/** In front of a target without mail to be seen, whose only read answers to each key so; the rest makes a key. */
function kitOf(answers: (key: string) => Answer, key: object = { id: 'k1', secret: 'sk_live_new' }): Kit {
  const keyIn = (as: As) => JSON.stringify(as)
  const { kit } = sampleKit({
    has: (operation) => ['key.create', 'contact.list'].includes(operation),
    profile: { ...unseen, operations: { 'contact.list': read }, principals: { sender: {} } },
    call: (operation, _, as = null) =>
      operation === 'contact.list'
        ? sampleExchange(answers(keyIn(as)), { operation })
        : sampleExchange('accepted', { operation, result: key }),
  })
  const api = { ...kit.api, credential: async () => bearerCredential('sk_live_old') } as unknown as Api
  return { ...kit, api }
}

test('a key of a target without scopes, whose mail nobody sees, opens what it may read', async () => {
  let revoked = false
  const kit = kitOf((key) => (key.includes('sk_live_new') && !revoked ? 'accepted' : 'refused'))
  expect(openingScopes(kit)).toBeUndefined()
  const { secret } = await makeKey(kit, 'new', openingScopes(kit))
  const [http, ...others] = await channelsOpenedBy(kit, secret)
  expect([http?.wasOpen, await http?.isOpen(), others]).toEqual([true, true, []])
  revoked = true
  expect(await http?.isOpen()).toBe(false)
})

test('an error is no refusal of a revoked key', async () => {
  let revoked = false
  const kit = kitOf((key) => (key.includes('sk_live_new') ? (revoked ? 'broken' : 'accepted') : 'refused'))
  const [http] = await channelsOpenedBy(kit, 'sk_live_new')
  revoked = true
  await expect(http?.isOpen()).rejects.toThrow('contact.list was answered 500')
})

test('each step of making and using a key says by itself what was wrong with it', async () => {
  const refused = sampleKit({ call: (operation) => sampleExchange('refused', { operation }) }).kit
  await expect(makeKey(refused, 'new', undefined)).rejects.toThrow('key.create was answered 403')
  const mute = kitOf(() => 'accepted', { id: 'k1' })
  await expect(makeKey(mute, 'new', undefined)).rejects.toThrow('key.create was accepted and gave no secret')
  await expect(channelsOpenedBy(refused, 'sk_live_new')).rejects.toThrow(
    'message.send was answered 403 to a key that was just made',
  )
  await expect(
    channelsOpenedBy(
      kitOf(() => 'refused'),
      'sk_live_new',
    ),
  ).rejects.toThrow(
    'no read tells the secret of a key that was just made from a made-up one: contact.list was answered 403',
  )
})
