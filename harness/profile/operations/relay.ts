import { byId, calls, items, page, type Resource } from './resource.ts'

/** Whoever hands mail on for a tenant and tells of its events by HTTP, at an endpoint with a secret of its own. */
export const relay = {
  words: ['relay', 'eventsource', 'eventingestion'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: { name: 'text' },
      // The secret signs what is posted to the endpoint.
      results: { id: 'text', secret: 'secret' },
      undo: 'delete',
      sample: ({ mark }) => ({ name: mark }),
      calls: calls.create,
    },
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
  },
  otherNames: {
    results: { secret: ['signingsecret', 'signingkey', 'whsec', 'token', 'key'] },
  },
} as const satisfies Resource
