import { byId, calls, items, page, type Resource } from './resource.ts'

const settings = {
  name: 'text',
  scopes: 'texts',
  project: 'text',
  ipAllowlist: 'texts',
  expiresAt: 'time',
  /** As of users. */
  hours: 'fields',
} as const

/** API keys. */
export const key = {
  words: ['key', 'apikey', 'apitoken', 'accesskey'],
  looseWords: ['token', 'accesstoken', 'credential'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      // For which of the sub-accounts of whoever makes it.
      inputs: { ...settings, subaccount: 'text' },
      results: { id: 'text', secret: 'secret', prefix: 'text', scopes: 'list', expiresAt: 'text' },
      undo: 'revoke',
      sample: ({ mark, scopes }) => ({ name: mark, scopes }),
      calls: calls.create,
    },
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    get: {
      effect: 'read',
      inputs: byId.inputs,
      results: { id: 'text', scopes: 'list', prefix: 'text', expiresAt: 'text' },
      calls: calls.get,
    },
    update: {
      effect: 'change',
      inputs: { id: 'text', ...settings },
      results: { id: 'text', scopes: 'list' },
      sample: ({ mark }) => ({ name: mark }),
      calls: calls.update,
    },
    revoke: { effect: 'delete', ...byId, calls: ['DELETE R/{}', 'POST R/{}/revoke'] },
    rotate: {
      effect: 'change',
      inputs: byId.inputs,
      results: { id: 'text', secret: 'secret' },
      calls: ['POST R/{}/rotate', 'POST R/{}/roll', 'POST R/{}/regenerate', 'PUT R/{}/rotate'],
    },
    // By whoever found it where it should not be.
    report: {
      effect: 'change',
      inputs: { secret: 'text' },
      results: {},
      essential: ['secret'],
      untried: 'whoever has a key may report it',
      calls: ['POST exposedkeys', 'POST R/report', 'POST R/exposed', 'POST R/compromised', 'POST R/leaked'],
    },
  },
  otherNames: {
    inputs: {
      name: ['label', 'keyname', 'description'],
      scopes: ['permissions', 'abilities', 'capabilities'],
      project: ['projectid'],
      subaccount: ['xsubaccount', 'subaccountid', 'onbehalfof'],
      ipAllowlist: ['allowedips', 'ipwhitelist', 'ipaddresses'],
      expiresAt: ['expires', 'expiry', 'expirydate', 'expiration'],
      hours: ['accesshours', 'workinghours', 'allowedhours'],
      secret: ['apikey', 'key', 'token', 'value'],
    },
    results: {
      secret: ['apikey', 'key', 'token', 'value', 'plaintext'],
      scopes: ['permissions', 'abilities'],
      expiresAt: ['expires', 'expiry', 'expirydate', 'expiration'],
    },
  },
} as const satisfies Resource
