import { byId, calls, items, page, type Resource } from './resource.ts'

/**
 * From where, when and by what somebody may call: networks in CIDR notation; a span of the day in UTC, `{from: '08:00', to: '18:00'}`,
 * over midnight where it ends before it begins; thumbprints (RFC 7638) of the keys of devices.
 */
const rule = { networks: 'texts', hours: 'fields', devices: 'texts' } as const

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
      inputs: { email: 'text', role: 'text', password: 'text', ...rule },
      results: { id: 'text' },
      undo: 'delete',
      // An invitation.
      mailTo: ['email'],
      sample: ({ mark, domain, role }) => ({
        email: `${mark}@${domain}`,
        role,
        password: `Aa1-${mark.slice(0, 16)}`,
      }),
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
      inputs: { id: 'text', email: 'text', role: 'text', password: 'text', ...rule },
      results: byId.results,
      mailTo: ['email'],
      sample: ({ mark, domain }) => ({ email: `${mark}@${domain}` }),
      sampleElse: ({ otherRole }) => (otherRole === undefined ? {} : { role: otherRole }),
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
      networks: ['allowedips', 'ipallowlist', 'ipwhitelist', 'allowednetworks', 'allowedcidrs'],
      hours: ['accesshours', 'workinghours', 'allowedhours'],
      devices: ['alloweddevices', 'trusteddevices'],
    },
  },
} as const satisfies Resource
