import { expect, test } from 'vitest'
import type { Provided } from '../check/provided.ts'
import { orderIn, withOrder } from './order.ts'

test('an order says which variables the environment does not have so, and repeats no others', () => {
  const exports = { CA_BUNDLE: 'x'.repeat(100_000), BASE_URL: 'https://api.test', SAID: 'by the target' }
  const provided = { instance: { id: 'i', exports } } as unknown as Provided
  const order = { roles: ['target'] as const, provided, files: [] }
  const env = { CA_BUNDLE: exports.CA_BUNDLE, BASE_URL: '/' }
  expect(orderIn(withOrder(env, order))).toEqual({
    ...order,
    provided: { instance: { id: 'i', exports: { BASE_URL: 'https://api.test', SAID: 'by the target' } } },
  })
  expect(orderIn(withOrder({}, { ...order, provided: null }))?.provided).toBeNull()
})
