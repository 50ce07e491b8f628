import type { Resource } from './resource.ts'

/** Whoever calls. */
export const principal = {
  words: ['me', 'whoami', 'self', 'currentuser', 'myprofile'],
  named: 'id',
  verbs: {
    get: {
      effect: 'read',
      inputs: {},
      results: { id: 'text', tenant: 'text', email: 'text', role: 'text', scopes: 'list', kind: 'text' },
      untried: 'it tells each caller of nobody else',
      calls: [
        'GET R',
        'GET profile',
        'GET account',
        'GET user',
        'GET server',
        'GET apikey',
        'POST users/info',
      ],
    },
  },
  otherNames: {
    results: {
      tenant: ['tenantid', 'accountid', 'organizationid', 'organisationid', 'workspaceid', 'teamid'],
      scopes: ['permissions', 'abilities'],
      kind: ['type'],
    },
  },
} as const satisfies Resource
