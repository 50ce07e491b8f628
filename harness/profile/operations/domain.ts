import { byId, calls, items, page, type Resource } from './resource.ts'

/** Domains that a tenant sends from. */
export const domain = {
  words: ['domain', 'sendingdomain', 'senderdomain'],
  looseWords: ['identity', 'emailidentity', 'dns'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: { name: 'text', selector: 'text', privateKey: 'text', signingDomain: 'text' },
      results: { id: 'text', records: 'list' },
      undo: 'delete',
      claims: ['name', 'signingDomain'],
      sample: ({ mark, domain }) => ({ name: `x${mark.slice(0, 16)}.${domain}` }),
      calls: calls.create,
    },
    list: { effect: 'read', inputs: page, results: items, calls: calls.list },
    get: {
      effect: 'read',
      inputs: byId.inputs,
      results: { id: 'text', name: 'text', verified: 'any', records: 'list' },
      calls: calls.get,
    },
    verify: {
      effect: 'change',
      inputs: byId.inputs,
      results: { id: 'text', verified: 'any' },
      untried: 'what it does is decided by the DNS of the domain',
      calls: ['POST R/{}/verify', 'PUT R/{}/verify', 'POST R/{}/validate'],
    },
    update: {
      effect: 'change',
      inputs: { id: 'text', tlsPolicy: 'text' },
      results: byId.results,
      calls: calls.update,
    },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
  },
  otherNames: {
    inputs: {
      name: ['domain', 'domainname', 'emailidentity', 'identity'],
      selector: ['dkimselector'],
      privateKey: ['dkimprivatekey'],
      signingDomain: ['dkimdomain', 'domainsigning'],
      tlsPolicy: ['tls', 'tlsmode', 'requiretls'],
    },
    results: { verified: ['isverified', 'valid'], records: ['dnsrecords', 'dns'] },
  },
} as const satisfies Resource
