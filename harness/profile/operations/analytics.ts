import type { Resource } from './resource.ts'

/** Counts of what was sent and read. */
export const analytics = {
  words: ['analytics', 'stat', 'statistic', 'metric', 'statcounter'],
  looseWords: ['count'],
  named: 'id',
  verbs: {
    get: {
      effect: 'read',
      inputs: {},
      results: { counts: 'any' },
      calls: [
        'GET R',
        'GET R/overview',
        'GET R/summary',
        'GET R/total',
        'POST R/R',
        'GET R/*',
        'POST R/batch',
      ],
    },
  },
} as const satisfies Resource
