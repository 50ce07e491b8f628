import type { Budget, ProfileDocument } from './shape.ts'

/** What one of several machines may do of all that the profile allows. */
export interface Share {
  /** As far as the profile bounds it. */
  readonly budget?: Budget
  readonly inFlight?: number
}

/** What a profile calls the number of the machine: `${run:shard}`. */
export const shardKey = 'run:shard'

/** The profile of a machine that has this share; as it is where it has all. */
export function withShare(document: ProfileDocument, share?: Share): ProfileDocument {
  if (share === undefined) return document
  const { data } = document
  const { budget, inFlight } = share
  return {
    ...document,
    data: {
      ...data,
      ...(budget === undefined ? {} : { budget }),
      mail: { ...data.mail, ...(inFlight === undefined ? {} : { inFlight }) },
    },
  }
}
