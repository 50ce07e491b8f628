import { byId, calls, items, page, type Resource } from './resource.ts'

/** The people of a tenant. */
export const user = {
  words: ['user', 'teammate', 'member'],
  looseWords: ['account', 'principal', 'systemuser'],
  telling: ['role', 'roles', 'password', 'isadmin', 'admin', 'permissions', 'scopes', 'invite'],
  named: 'id',
  verbs: {
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    create: {
      effect: 'create',
      inputs: { email: 'text', role: 'text', password: 'text' },
      results: { id: 'text' },
      undo: 'delete',
      // An invitation.
      mailTo: ['email'],
      sample: ({ mark, domain, role }) => ({ email: `${mark}@${domain}`, role, password: `Aa1-${mark}` }),
      calls: calls.create,
    },
    get: {
      effect: 'read',
      inputs: byId.inputs,
      results: { id: 'text', email: 'text', role: 'text' },
      calls: calls.get,
    },
    update: {
      effect: 'change',
      inputs: { id: 'text', email: 'text', role: 'text', password: 'text' },
      results: byId.results,
      mailTo: ['email'],
      calls: calls.update,
    },
    deactivate: {
      effect: 'change',
      ...byId,
      calls: [
        ...['POST R/{}/deactivate', 'POST R/{}/disable', 'POST R/{}/suspend', 'PUT R/{}/deactivate'],
        ...['PUT R/{}/disable', 'POST R/{}/block', 'POST R/{}/lock'],
      ],
    },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'username', 'login'],
      password: ['pass', 'passphrase'],
    },
  },
} as const satisfies Resource
