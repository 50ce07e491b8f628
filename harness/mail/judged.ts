import type { Severity } from '../model.ts'

/** What was looked at in one message, or at one domain, and what is to be said of it. */
export interface Judged {
  readonly area: 'from' | 'dkim' | 'spf' | 'dmarc' | 'arc' | 'tls' | 'links' | 'html' | 'mime' | 'recipients'
  /** Which of several: `signature 1`, `hop 2`; `''` where there is one. */
  readonly what: string
  /** `unknown` where DNS did not answer, or what it takes is not known; `told` is neither good nor bad. */
  readonly state: 'right' | 'wrong' | 'unknown' | 'told'
  /** Of what is wrong; `null` else. */
  readonly severity: Severity | null
  /** One sentence, which may hold what stands in the message. */
  readonly says: string
  /** What to do next; `null` for nothing. */
  readonly remedy: string | null
}

/** Of one thing in a message, what may be said. */
export interface Teller {
  right(says: string): Judged
  told(says: string): Judged
  unknown(says: string, remedy: string): Judged
  wrong(severity: Severity, says: string, remedy: string): Judged
}

export function about(area: Judged['area'], what = ''): Teller {
  const nothing = { area, what, severity: null, remedy: null } as const
  return {
    right: (says) => ({ ...nothing, state: 'right', says }),
    told: (says) => ({ ...nothing, state: 'told', says }),
    unknown: (says, remedy) => ({ ...nothing, state: 'unknown', says, remedy }),
    wrong: (severity, says, remedy) => ({ ...nothing, state: 'wrong', severity, says, remedy }),
  }
}
