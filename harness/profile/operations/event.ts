import type { Resource } from './resource.ts'

/** What became of mail, as a provider or a relay further up tells it. */
export const event = {
  words: ['event'],
  // The endpoint, where each has one: no event is named.
  named: 'relay',
  verbs: {
    // Of a message that cannot be delivered for good, or that its reader complains about. Whoever tells it signs it, and shows nothing else.
    ingest: {
      effect: 'create',
      // `message`: what message.send calls it; `event`: of the event, where its body has an id.
      inputs: { relay: 'text', message: 'text', recipient: 'text', event: 'text', time: 'time' },
      results: {},
      essential: ['recipient'],
      untried: 'it takes what is signed by a secret of its own',
      calls: ['POST relays/{}/R', 'POST relay/R', 'POST R/ingest', 'POST R/inbound'],
    },
  },
  otherNames: {
    inputs: {
      relay: ['endpoint', 'source', 'relayid'],
      message: ['messageid', 'emailid', 'smtpid'],
      recipient: ['email', 'to', 'address'],
      event: ['eventid', 'id'],
      time: ['timestamp', 'createdat', 'occurredat'],
    },
  },
} as const satisfies Resource
