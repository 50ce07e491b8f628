import type { Instance } from '../runner/vitest.ts'

/** How a target comes up and goes down. */
export interface Driver {
  /** As it stands in a report: `embedded`, `external`. */
  readonly name: string
  /** Brings an instance up; the first is the one under test, others are weak variants of their own. */
  up(options: { weaknesses: readonly string[] }): Promise<Instance>
  down(id: string): Promise<void>
  /** All instances, at once. */
  close(): Promise<void>
}

/** What was asked for cannot be had: the command line or the profile is wrong. Exit code 3. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
