import { byId, calls, items, page, type Resource } from './resource.ts'

/** Mail that the target receives for a tenant. */
export const inbound = {
  words: ['inbound', 'inboundmessage', 'inboundemail', 'receiving', 'receivedemail', 'receivedmessage'],
  named: 'id',
  verbs: {
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    get: {
      effect: 'read',
      inputs: byId.inputs,
      results: { id: 'text', from: 'text', to: 'text', subject: 'text', text: 'text' },
      calls: calls.get,
    },
  },
} as const satisfies Resource
