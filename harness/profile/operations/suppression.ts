import { calls, items, page, type Resource } from './resource.ts'

/** Who gets no more mail. */
export const suppression = {
  words: ['suppression', 'unsubscribe', 'blocklist', 'optout', 'suppresseddestination', 'globalsuppression'],
  looseWords: ['reject', 'blacklist', 'denylist'],
  named: 'email',
  verbs: {
    create: {
      effect: 'create',
      inputs: { email: 'text', reason: 'text' },
      results: { email: 'text' },
      essential: ['email'],
      undo: 'delete',
      sample: ({ mark }) => ({ email: `${mark}@example.com`, reason: 'manual' }),
      calls: ['POST R', 'PUT R/{}', 'PUT R'],
    },
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    delete: { effect: 'delete', inputs: { email: 'text' }, results: {}, calls: ['DELETE R/{}', 'DELETE R'] },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'recipient', 'emails', 'emailaddresses', 'recipientemails'],
    },
  },
} as const satisfies Resource
