import { byId, calls, items, page, type Resource } from './resource.ts'

const settings = {
  url: 'text',
  /** Of what: `delivered`, `bounced`. */
  events: 'texts',
} as const

/** Where a tenant is told of events by HTTP. */
export const webhook = {
  words: ['webhook', 'eventwebhook', 'webhookendpoint', 'webhooksubscription'],
  looseWords: ['hook', 'endpoint', 'eventsubscription'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: settings,
      // The secret that signs what is sent there.
      results: { id: 'text', secret: 'secret' },
      essential: ['url'],
      undo: 'delete',
      // Nothing bounces there, and nobody listens.
      sample: ({ mark, domain }) => ({ url: `https://hooks.${domain}/${mark}`, events: ['bounced'] }),
      calls: calls.create,
    },
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    get: { effect: 'read', inputs: byId.inputs, results: { id: 'text', url: 'text' }, calls: calls.get },
    rotate: {
      effect: 'change',
      inputs: byId.inputs,
      results: { id: 'text', secret: 'secret' },
      calls: [
        ...['POST R/{}/rotate', 'POST R/{}/secret/rotate', 'POST R/{}/rotate-secret', 'POST R/{}/secret'],
        ...['PUT R/{}/secret', 'POST R/{}/regenerate'],
      ],
    },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
  },
  otherNames: {
    inputs: {
      url: ['endpoint', 'endpointurl', 'target', 'targeturl', 'callbackurl', 'destination'],
      events: ['eventtypes', 'types', 'enabledevents', 'triggers', 'topics'],
    },
    results: {
      secret: ['signingsecret', 'signingkey', 'whsec', 'token', 'key'],
      url: ['endpoint', 'target'],
    },
  },
} as const satisfies Resource
