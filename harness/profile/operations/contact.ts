import { byId, calls, items, page, type Resource } from './resource.ts'

const person = { email: 'text', name: 'text', attributes: 'fields' } as const

/** Whom a tenant writes to. */
export const contact = {
  words: ['contact', 'subscriber'],
  looseWords: ['customer', 'recipient', 'person', 'people'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: person,
      results: byId.results,
      undo: 'delete',
      sample: ({ mark }) => ({ email: `${mark}@example.com`, name: `Contact ${mark}` }),
      calls: [...calls.create, 'PUT R'],
    },
    list: { effect: 'read', confides: true, inputs: page, results: items, calls: calls.list },
    get: {
      effect: 'read',
      inputs: byId.inputs,
      results: { id: 'text', email: 'text', name: 'text' },
      calls: [...calls.get, 'GET R/{}/attributes'],
    },
    update: {
      effect: 'change',
      inputs: { id: 'text', ...person },
      results: byId.results,
      sample: ({ mark }) => ({ name: `Contact ${mark}` }),
      calls: calls.update,
    },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
    export: {
      effect: 'read',
      confides: true,
      inputs: {},
      results: { content: 'any' },
      calls: ['GET R/export'],
    },
  },
  otherNames: {
    inputs: { name: ['fullname'], attributes: ['customfields', 'properties', 'fields', 'metadata'] },
  },
} as const satisfies Resource
