import { expect, test } from 'vitest'
import type { Api, Input } from '../api/api.ts'
import type { Answer, Exchange } from '../model.ts'
import { type Ground, prepareAttempt } from './attempts.ts'

type Reply = readonly [answer: Answer, body: object, result?: Record<string, unknown>]

/** An API of these operations, answered by a function: the ground of a check without a network. */
function ground(operations: readonly string[], reply: (operation: string, input: Input) => Reply): Ground {
  const call = async (operation: string, input: Input = {}): Promise<Exchange> => {
    const [answer, body, result = {}] = reply(operation, input)
    const status = { accepted: 200, refused: 403, limited: 429, invalid: 400, missing: 404, broken: 500 }[
      answer
    ]
    return {
      ...{ id: '1', operation, principal: 'admin', failure: null, startedAt: 0, milliseconds: 0, answer },
      request: {
        ...{ method: 'GET', origin: 'https://api.test', headers: [], body: null },
        path: `/${operation}/${String(input['id'] ?? '')}`,
      },
      response: { status, headers: [], body: JSON.stringify(body), truncated: false },
      result: answer === 'accepted' ? result : null,
    }
  }
  const api: Pick<Api, 'call' | 'has'> = {
    call,
    has: (operation, input) => operations.includes(operation) && input === undefined,
  }
  return { api: api as Api, owner: 'admin', mailbox: {} as Ground['mailbox'], fence: async () => {} }
}

const refusal = (answer: Answer, body: object): Exchange =>
  ({
    answer,
    result: null,
    response: { status: 403, headers: [], body: JSON.stringify(body), truncated: false },
  }) as unknown as Exchange

test('an error that repeats the id of the request discloses nothing', async () => {
  const id = 'con_9f8c2d1a77aa'
  const on = ground(['contact.create', 'contact.get'], (operation) => [
    'accepted',
    operation === 'contact.create' ? { id } : { id, anything: 'else' },
    { id },
  ])
  const attempt = await prepareAttempt('contact.get', on)
  expect(await attempt.trace(refusal('missing', { error: `no contact ${id}` }))).toBeNull()
})

test('a call that its owner cannot make either is no proof of a refusal', async () => {
  const on = ground(['contact.create', 'contact.list'], (operation) =>
    operation === 'contact.create' ? ['invalid', { error: 'name is too long' }] : ['accepted', { data: [] }],
  )
  const attempt = await prepareAttempt('contact.create', on)
  expect(await attempt.trace(refusal('invalid', {}))).toBeNull()
  await expect(attempt.control()).rejects.toThrow('answered 400 to admin')
})

test('an effect that the list does not show is unproven, not absent', async () => {
  const on = ground(['contact.create', 'contact.list'], (operation) =>
    operation === 'contact.create'
      ? ['accepted', {}, { id: 'con_1' }]
      : ['accepted', { data: [] }, { next: '' }],
  )
  await expect((await prepareAttempt('contact.create', on)).control()).rejects.toThrow('cannot be seen')
})

test('a limit met while looking back is no change of the object', async () => {
  let looks = 0
  let made = ''
  const on = ground(['key.create', 'key.get', 'key.revoke'], (operation, input) => {
    if (operation === 'key.create') made = String(input['name'])
    if (operation !== 'key.get') return ['accepted', {}, { id: 'key_1' }]
    looks++
    return looks > 2 ? ['limited', {}] : ['accepted', { name: made, request: looks }]
  })
  Object.assign(on.api, { profile: { scopes: { send: [] } } })
  const attempt = await prepareAttempt('key.revoke', on)
  await expect(attempt.trace(refusal('refused', {}))).rejects.toThrow('looking back')
})
