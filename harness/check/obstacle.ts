import { type About, type Reach, reaches } from '../model.ts'
import type { Profile } from '../profile/shape.ts'
import { missing } from './needs.ts'

/** Why nothing is sent for a check, and what would change that. */
export interface Obstacle {
  readonly verdict: 'not-applicable' | 'held-back'
  readonly reason: string
}

/** `null` where the check runs. What the profile does not have comes first: a further reach would not help. */
export function obstacleOf(
  { needs, reach }: Pick<About, 'needs' | 'reach'>,
  profile: Profile,
  allowed: Reach,
): Obstacle | null {
  const lacking = missing(needs, profile)
  if (lacking !== null) return { verdict: 'not-applicable', reason: lacking }
  if (reaches.indexOf(reach) <= reaches.indexOf(allowed)) return null
  return {
    verdict: 'held-back',
    reason: `the check is ${reach} and the run is held to ${allowed}: allow it with --reach ${reach}`,
  }
}
