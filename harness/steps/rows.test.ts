import { expect, test } from 'vitest'
import type { Api } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { plantRows, queriedParameters, rowIds, statusFoundBy } from './rows.ts'

test('rows are ids in their order, and no list is not an empty one', () => {
  expect(rowIds({ items: [{ id: 'b' }, { id: 1 }, null] })).toEqual(['b', '1', 'undefined'])
  expect(rowIds({ items: [] })).toEqual([])
  expect(rowIds({ items: 'none' })).toBeNull()
  expect(rowIds(null)).toBeNull()
})

/** A message that goes from one status to the next with each look. */
function statusOf(statuses: readonly unknown[], has = true): Promise<string> {
  let looks = 0
  const call = async () => ({ result: { status: statuses[Math.min(looks++, statuses.length - 1)] } })
  return statusFoundBy({ call, has: () => has } as unknown as Api, 'm1', async (status) =>
    status === 'sent' ? 1 : 0,
  )
}

test('the status is one that the list finds the message by', async () => {
  expect(await statusOf(['queued', 'sending', 'sent'])).toBe('sent')
})

test('a target that does not tell leaves the usual status', async () => {
  expect(await statusOf(['queued'])).toBe('delivered')
  expect(await statusOf(['sent'], false)).toBe('delivered')
})

/** The parameters that are judged at a target with these lists and inputs, of which some make nothing. */
async function judged(
  declared: Record<string, readonly string[]>,
  { refuses = '', profile = {} }: { refuses?: string; profile?: object } = {},
) {
  const made: Record<string, string[]> = { message: [], contact: [] }
  const { kit } = sampleKit({
    profile,
    has: (operation, input) =>
      operation in declared && (input === undefined || declared[operation]?.includes(input) === true),
    call(operation) {
      const [kind = '', verb] = operation.split('.')
      if (operation === refuses) return sampleExchange('refused', { operation })
      const ids = made[kind] ?? []
      const items = [{ id: 'somebody-else' }, ...ids.map((id) => ({ id }))]
      if (verb === 'list') return sampleExchange('accepted', { operation, result: { items } })
      const id = `${kind}-${ids.length}`
      ids.push(id)
      return sampleExchange('accepted', { operation, result: { id } })
    },
  })
  const parameters = await queriedParameters(kit, 'mark', await plantRows(kit, 'mark'))
  const outcomes = await Promise.allSettled(parameters.map(({ ready }) => ready))
  return {
    names: parameters.map(
      ({ operation, parameter }, n) => `${operation} ${parameter}: ${outcomes[n]?.status}`,
    ),
    rows: async () => {
      const [first] = parameters
      return first?.rows(await first.ask('value'))
    },
  }
}

const both = { 'contact.create': ['email'], 'contact.list': ['sort'], 'message.send': ['subject'] }

test('each list is judged by what it takes, where the other is not declared', async () => {
  const contacts = { 'contact.create': ['email'], 'contact.list': ['search', 'sort'] }
  expect((await judged(contacts)).names).toEqual([
    'contact.list search: fulfilled',
    'contact.list sort: fulfilled',
  ])
  const messages = { 'message.send': ['subject'], 'message.list': ['status'], 'contact.list': ['search'] }
  // Mail that nobody can see keeps none from being asked for by its status.
  const unseen = { target: { url: 'https://api.test' }, mail: { from: 'a@b.test', delivery: { within: 1 } } }
  expect((await judged(messages, { profile: unseen })).names).toEqual(['message.list status: fulfilled'])
})

test('a list that cannot be searched is judged by what was planted, whatever else comes and goes', async () => {
  const { names, rows } = await judged({ ...both, 'message.list': [] })
  expect(names).toEqual(['contact.list sort: fulfilled'])
  expect(await rows()).not.toContain('somebody-else')
  expect(await rows()).toHaveLength(7)
})

test('what cannot be planted costs no other list its verdict', async () => {
  const declared = { ...both, 'message.list': ['search'] }
  expect((await judged(declared, { refuses: 'message.send' })).names).toEqual([
    'message.list search: rejected',
    'contact.list sort: fulfilled',
  ])
})

test('lists that take nothing that ends in a query are no matter of this check', async () => {
  await expect(judged({ 'message.send': ['subject'], 'message.list': [] })).rejects.toThrow(
    'profile declares no list, of what it makes, that takes a search, a sort or a status',
  )
})
