import { expect, test } from 'vitest'
import type { Api } from '../api/api.ts'
import { rowIds, statusFoundBy } from './rows.ts'

test('rows are ids in their order, and no list is not an empty one', () => {
  expect(rowIds({ items: [{ id: 'b' }, { id: 1 }, null] })).toEqual(['b', '1', 'undefined'])
  expect(rowIds({ items: [] })).toEqual([])
  expect(rowIds({ items: 'none' })).toBeNull()
  expect(rowIds(null)).toBeNull()
})

/** A message that goes from one status to the next with each look. */
function api(statuses: readonly unknown[], has = true): Api {
  let looks = 0
  const call = async (operation: string, input: { status?: unknown }) =>
    operation === 'message.get'
      ? { result: { status: statuses[Math.min(looks++, statuses.length - 1)] } }
      : { result: { items: input.status === 'sent' ? [{ id: 'm1' }] : [] } }
  return { call, has: () => has } as unknown as Api
}

test('the status is one that the list finds the message by', async () => {
  expect(await statusFoundBy(api(['queued', 'sending', 'sent']), 'mark', 'm1')).toBe('sent')
})

test('a target that does not tell leaves the usual status', async () => {
  expect(await statusFoundBy(api(['queued']), 'mark', 'm1')).toBe('delivered')
  expect(await statusFoundBy(api(['sent'], false), 'mark', 'm1')).toBe('delivered')
})
