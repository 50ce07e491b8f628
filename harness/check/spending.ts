import type { Reach } from '../api/reach.ts'

/** What a check asked of the target beside its HTTP requests. */
export interface Spent {
  /** Copies of messages that it asked for, whether or not the target then sent them. */
  readonly mails: number
  /** Messages that told it that what went before had come; another check may share one. */
  readonly fences: number
  /** To ports that speak no HTTP: of submission, and for handshakes of TLS. */
  readonly connections: number
}

export const nothingSpent: Spent = { mails: 0, fences: 0, connections: 0 }

/** Counts for one check, over what all share. */
export interface Spending {
  /** For calls. */
  readonly reach: Reach
  /** For what opens a connection by each request. */
  readonly sockets: Reach
  readonly fence: () => Promise<void>
  readonly spent: Spent
}

export function createSpending(shared: Reach, fence: () => Promise<void>): Spending {
  let [mails, connections] = [0, 0]
  const fences = new Set<Promise<void>>()
  const reach: Reach = {
    ...shared,
    take(kind, count) {
      if (kind === 'mail') mails += count
      return shared.take(kind, count)
    },
  }
  return {
    reach,
    sockets: {
      ...reach,
      take(kind, count) {
        if (kind === 'request') connections += count
        return reach.take(kind, count)
      },
    },
    fence() {
      const served = fence()
      fences.add(served)
      return served
    },
    get spent() {
      return { mails, fences: fences.size, connections }
    },
  }
}
