import { byId, calls, items, page, type Resource } from './resource.ts'

/** Accounts within the account of a tenant, such as the customers of an agency. */
export const subaccount = {
  words: ['subaccount', 'subuser', 'subtenant', 'childaccount'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: { name: 'text' },
      results: { id: 'text' },
      undo: 'delete',
      sample: ({ mark }) => ({ name: mark }),
      calls: calls.create,
    },
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    get: { effect: 'read', inputs: byId.inputs, results: { id: 'text', name: 'text' }, calls: calls.get },
    // Nobody of it is let in any more.
    suspend: {
      effect: 'change',
      ...byId,
      calls: ['POST R/{}/suspend', 'POST R/{}/disable', 'POST R/{}/deactivate', 'PUT R/{}/suspend'],
    },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
  },
} as const satisfies Resource
