import { items, page, type Resource } from './resource.ts'

/** Who did what. */
export const audit = {
  words: ['audit', 'auditlog', 'auditevent', 'auditentry', 'audittrail', 'activitylog'],
  looseWords: ['log', 'activity'],
  named: 'id',
  verbs: {
    list: {
      effect: 'read',
      confides: true,
      inputs: page,
      results: items,
      calls: ['GET R', 'GET R/logs', 'GET R/events', 'GET logs'],
    },
  },
} as const satisfies Resource
